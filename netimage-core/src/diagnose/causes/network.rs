//! Link, DHCP and the TFTP server as a whole.

use crate::check::rules::rule::{error, note, rules, warning};

const BOOT_NET: &str = "https://www.raspberrypi.com/documentation/computers/remote-access.html#network-boot-your-raspberry-pi";
const EEPROM: &str = "https://www.raspberrypi.com/documentation/computers/raspberry-pi.html#raspberry-pi-bootloader-configuration";
const DNSMASQ: &str = "https://thekelleys.org.uk/dnsmasq/docs/dnsmasq-man.html";
const PROXY: &str = "https://github.com/raspberrypi/firmware/issues/754";
const NO_REQUEST: &str = "https://github.com/raspberrypi/rpi-eeprom/issues/826";
const PORTS: &str = "https://www.rfc-editor.org/rfc/rfc1350";
const PROBES: &str = "https://github.com/raspberrypi/rpi-eeprom/issues/74";
const OPTIONS: &str = "https://github.com/raspberrypi/firmware/issues/1012";
const AFTER_REBOOT: &str = "https://github.com/raspberrypi/firmware/issues/1362";

rules! {
    "Network";

    BOOT_ORDER = error("log-boot-order")
        .reason("The boot loader goes through BOOT_ORDER from the right and begins again at its end: without a 2 in it nothing is booted from the network.")
        .remedy("Put a 2 into BOOT_ORDER with rpi-eeprom-config --edit: 0xf21 tries a card, and then the network.")
        .source(EEPROM);
    NO_LINK = error("log-no-link")
        .reason("Without a link to a switch there is no network boot.")
        .remedy("Look at cable and switch port, and at LAN_LINK_TIMEOUT or a port that only forwards after a while (spanning tree).")
        .source(EEPROM);
    DHCP_SILENT = error("log-dhcp-silent")
        .reason("A board that gets no answer to its request for an address asks again for as long as its boot loader lets it, and gives up.")
        .remedy("Let a DHCP server answer this board: in its range, on its interface, not as an unknown host.")
        .source(DNSMASQ);
    DHCP_REFUSED = error("log-dhcp-refused")
        .reason("The DHCP server heard the board and gave it no address.")
        .remedy("Do what the server's words ask for: a free address, a range for this network, or an entry for this board.")
        .source(DNSMASQ);
    NO_RANGE = error("log-dhcp-no-range")
        .reason("dnsmasq gives addresses only on interfaces that have one, and on networks for which it has a dhcp-range.")
        .remedy("Give the interface that it names an address, and add dhcp-range= for its network.")
        .source(DNSMASQ);
    NO_OPTION_43 = error("log-dhcp-no-option-43")
        .reason("A Raspberry Pi takes an offer for a network boot only if its option 43 has the words Raspberry Pi Boot.")
        .remedy("Add pxe-service=0,\"Raspberry Pi Boot\", with three blanks after the words for a Pi 3, or option 43 in another server.")
        .source(BOOT_NET);
    PROXY_IGNORED = error("log-proxy-ignored")
        .reason("A board that takes what a proxy offers asks it for files; this one did not.")
        .remedy("Give the words Raspberry Pi Boot and three blanks in the first pxe-service; answer a Pi 3 a second late (dhcp-reply-delay), or start it with a newer bootcode.bin from a card.")
        .source(PROXY);
    OFFER_UNUSED = error("log-offer-unused")
        .reason("A board that takes an offer for a network boot asks the TFTP server for its first file at once.")
        .remedy("See whether the offer has option 43 (log-dhcp in dnsmasq) and the TFTP server's address (option 66), and let UDP port 69 through the firewall.")
        .source(NO_REQUEST);
    NO_TFTP_SERVER = error("log-no-tftp-server")
        .reason("Neither the DHCP server nor TFTP_IP in the EEPROM tells the board where its TFTP server is.")
        .remedy("Give the server's address by DHCP (option 66, or dhcp-boot=,,ADDRESS), or TFTP_IP in the EEPROM's configuration.")
        .source(EEPROM);
    TFTP_UNANSWERED = error("log-tftp-unanswered")
        .reason("The board asked and got neither a file nor an error, so that its requests or the answers are lost.")
        .remedy("Start the TFTP server, let UDP port 69 and the ports that it answers from (tftp-port-range) through the firewall.")
        .source(PORTS);
    TFTP_DIRECTORY = error("log-tftp-directory")
        .reason("dnsmasq serves no file while it cannot read the directory given as tftp-root.")
        .remedy("Make the directory readable for the user that dnsmasq runs as.")
        .source(DNSMASQ);
    PLAIN_TFTP = warning("log-plain-tftp")
        .reason("netkit's in.tftpd knows no options of TFTP: a Pi 4 then ignores config.txt, and firmware of a Pi 3 from 2020 on takes files for missing.")
        .remedy("Serve with dnsmasq, without tftp-no-blocksize, or with tftpd-hpa.")
        .source(OPTIONS);
    STOPS_ASKING = warning("log-stops-asking")
        .reason("The board boots well at first, and after a reboot it gets an address and asks for nothing.")
        .remedy("Switch it off and on; serve a newer bootcode.bin, or update its EEPROM.")
        .source(AFTER_REBOOT);
    EARLY_TERMINATE = note("log-early-terminate")
        .reason("A board that only wants to know whether a file is there and how large it is ends the transfer at once: the server tells it as an error.")
        .remedy("Nothing; it is how boards look for files.")
        .source(PROBES);
}
