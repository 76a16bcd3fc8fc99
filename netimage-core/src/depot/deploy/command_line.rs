//! What a machine's own command line says.

use crate::boot::{CommandLineError, KernelCommandLine};
use crate::depot::{GenerationNumber, MachineRecord};
use crate::nfs::NfsRoot;

/// The command line of a machine's generation, by that of its image. What is the
/// machine's own replaces what the image may have: by name and machine ID its programs
/// know it, by `nfs.nfs4_unique_id` NFS servers do (machines of one name throw each
/// other out), and `netimage.persist` and `netimage.generation` tell its system what it
/// keeps and what it is up in. One whose network is known gets its address by `ip=`, and
/// need not ask for it. `netimage.database` is where it finds its Nix database, if
/// the image has one.
pub(super) fn own_command_line(
    image: &KernelCommandLine,
    record: &MachineRecord,
    persist: &NfsRoot,
    generation: GenerationNumber,
    database: Option<&str>,
) -> Result<String, CommandLineError> {
    let (name, serial) = (&record.machine.name, record.machine.serial);
    let mut line = image.clone();
    let database = database.map(|path| format!("netimage.database={path}"));
    let own = [
        format!("nfs.nfs4_unique_id={name}-{:016x}", serial.bits()),
        format!("systemd.hostname={name}"),
        format!("systemd.machine_id={}", record.machine_id),
        format!("netimage.persist={}", persist.device()),
        format!("netimage.generation={generation}"),
    ];
    let address = record.machine.network;
    let address = address.map(|network| network.parameter(record.machine.address, name));
    for parameter in own.into_iter().chain(database).chain(address) {
        line.set(&parameter)?;
    }
    line.to_cmdline_txt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::depot::{Machine, MachineId, Network};

    fn of(image: &str) -> Result<String, CommandLineError> {
        of_network(image, None)
    }

    fn of_network(image: &str, network: Option<Network>) -> Result<String, CommandLineError> {
        let (name, serial) = ("pi1".parse().unwrap(), "100000001234abcd".parse().unwrap());
        let mut machine = Machine::new(name, serial, "192.0.2.21".parse().unwrap());
        machine.network = network;
        let record = MachineRecord::new(machine, MachineId::from_random([7; 16]));
        let persist = "192.0.2.1:/depot/persist/pi1".parse().unwrap();
        let two = GenerationNumber::FIRST.next();
        own_command_line(&image.parse().unwrap(), &record, &persist, two, None)
    }

    #[test]
    fn a_machine_is_told_who_it_is() {
        let id = MachineId::from_random([7; 16]);
        let own = format!(
            "nfs.nfs4_unique_id=pi1-100000001234abcd systemd.hostname=pi1 systemd.machine_id={id} netimage.persist=192.0.2.1:/depot/persist/pi1 netimage.generation=2\n"
        );
        assert_eq!(
            of("root=fstab quiet").unwrap(),
            format!("root=fstab quiet {own}")
        );
        // A value for all machines would be the same for each.
        let shared = "nfs.nfs4-unique-id=pi systemd.hostname=pi systemd.machine_id=1 netimage.persist=x netimage.generation=7";
        assert_eq!(of(shared).unwrap(), own);
    }

    #[test]
    fn an_address_takes_the_place_of_the_image_s() {
        let network = Network {
            prefix_length: "24".parse().unwrap(),
            gateway: None,
        };
        let line = of_network("root=fstab ip=dhcp quiet", Some(network)).unwrap();
        let expected = "root=fstab ip=192.0.2.21:::255.255.255.0:pi1::off quiet nfs.";
        assert!(line.starts_with(expected), "{line}");
        assert!(of("ip=dhcp").unwrap().starts_with("ip=dhcp nfs."));
    }

    #[test]
    fn a_line_that_gets_too_long_is_refused() {
        let long = "a".repeat(crate::boot::COMMAND_LINE_LENGTH_MAX - 100);
        assert!(matches!(of(&long), Err(CommandLineError::TooLong { .. })));
    }
}
