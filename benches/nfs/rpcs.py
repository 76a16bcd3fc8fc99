"""Counts the calls of ONC RPC that a machine makes over TCP, as they pass its port.

Usage: rpcs.py INTERFACE FILE. Ends with SIGTERM, and writes what it counted to FILE
as JSON: calls by what they ask for, and the bytes of TCP both ways.
"""

import collections
import json
import signal
import socket
import struct
import sys

EVERYTHING, IPV4, TCP = 0x0003, 0x0800, 6
# <linux/if_packet.h>, <asm-generic/socket.h>
SOL_PACKET, PACKET_STATISTICS, SO_RCVBUFFORCE = 263, 6, 33
BUFFER = 256 << 20

CALL, LAST_FRAGMENT = 0, 1 << 31
NFS, MOUNT, PORTMAP = 100003, 100005, 100000
# RFC 1813
PROCEDURES = (
    "null getattr setattr lookup access readlink read write create mkdir symlink mknod remove rmdir rename link "
    "readdir readdirplus fsstat fsinfo pathconf commit"
).split()
# RFC 7530, RFC 8881, RFC 7862
OPERATIONS = dict(
    enumerate(
        (
            "access close commit create delegpurge delegreturn getattr getfh link lock lockt locku lookup lookupp "
            "nverify open openattr open_confirm open_downgrade putfh putpubfh putrootfh read readdir readlink remove "
            "rename renew restorefh savefh secinfo setattr setclientid setclientid_confirm verify write "
            "release_lockowner backchannel_ctl bind_conn_to_session exchange_id create_session destroy_session "
            "free_stateid get_dir_delegation getdeviceinfo getdevicelist layoutcommit layoutget layoutreturn "
            "secinfo_no_name sequence set_ssv test_stateid want_delegation destroy_clientid reclaim_complete "
            "allocate copy copy_notify deallocate io_advise layouterror layoutstats offload_cancel offload_status "
            "read_plus seek write_same clone"
        ).split(),
        start=3,
    )
)
GETATTR, SEQUENCE, PUTFH, PUTROOTFH, SAVEFH = 9, 53, 22, 24, 32
SEQUENCE_BYTES = 16 + 4 * 4


class Cut(Exception):
    """A record is not whole."""


class Reader:
    """XDR (RFC 4506)."""

    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def number(self):
        (value,) = struct.unpack_from(">I", self.data, self.at)
        self.at += 4
        return value

    def skip(self, count):
        self.at += count

    def skip_opaque(self):
        self.skip(self.number() + 3 & ~3)


def name_of(record):
    """What a call asks for, or nothing if the record is a reply to the server."""
    call = Reader(record, 4)
    if call.number() != CALL:
        return None
    call.skip(4)
    program, version, procedure = call.number(), call.number(), call.number()
    for _ in ("credential", "verifier"):
        call.skip(4)
        call.skip_opaque()
    if program == NFS and version == 3:
        return PROCEDURES[procedure]
    if program == NFS and version == 4:
        return compound(call) if procedure else "null"
    return {MOUNT: "mount", PORTMAP: "portmap"}.get(program, f"program {program}")


def compound(call):
    """The operation that a compound is made for: the first that is not on the way to it."""
    call.skip_opaque()
    call.skip(4)
    name = "sequence"
    for _ in range(call.number()):
        operation = call.number()
        if operation == SEQUENCE:
            call.skip(SEQUENCE_BYTES)
        elif operation == PUTFH:
            call.skip_opaque()
        elif operation == GETATTR:
            # Before a close it says how the file is left.
            name = "getattr"
            call.skip(4 * call.number())
        elif operation not in (PUTROOTFH, SAVEFH):
            return OPERATIONS.get(operation, f"operation {operation}")
    return name


class Stream:
    """What a machine sends over one connection."""

    def __init__(self):
        self.next, self.pending, self.record = None, b"", b""

    def take(self, sequence, data):
        """The calls that are whole with this segment, which may have come before."""
        if self.next is not None:
            known = self.next - sequence & 0xFFFFFFFF
            if known >= 1 << 31:
                raise Cut
            data = data[known:]
        else:
            self.next = sequence
        self.next = self.next + len(data) & 0xFFFFFFFF
        self.pending += data
        while len(self.pending) >= 4:
            (marker,) = struct.unpack_from(">I", self.pending)
            end = 4 + (marker & ~LAST_FRAGMENT)
            if len(self.pending) < end:
                return
            self.record += self.pending[4:end]
            self.pending = self.pending[end:]
            if marker & LAST_FRAGMENT:
                record, self.record = self.record, b""
                yield record


class Count:
    def __init__(self):
        self.calls, self.sent, self.received = collections.Counter(), 0, 0
        self.streams = {}

    def packet(self, frame, to_machine):
        if frame[12:14] != struct.pack(">H", IPV4) or frame[23] != TCP:
            return
        ip = 14 + (frame[14] & 15) * 4
        (whole,) = struct.unpack_from(">H", frame, 16)
        source, target, sequence = struct.unpack_from(">HHI", frame, ip)
        data = frame[ip + (frame[ip + 12] >> 4) * 4 : 14 + whole]
        if to_machine:
            self.received += whole
            return
        self.sent += whole
        connection = (source, target)
        if frame[ip + 13] & 2:
            self.streams[connection] = Stream()
        elif data and connection in self.streams:
            for record in self.streams[connection].take(sequence, data):
                name = name_of(record)
                if name:
                    self.calls[name] += 1


def main():
    interface, file = sys.argv[1:]
    port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(EVERYTHING))
    port.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
    port.bind((interface, 0))
    port.settimeout(0.2)
    count, over = Count(), []
    signal.signal(signal.SIGTERM, lambda *_: over.append(True))
    while True:
        try:
            frame, address = port.recvfrom(1 << 17)
        except TimeoutError:
            if over:
                break
            continue
        count.packet(frame, address[2] == socket.PACKET_OUTGOING)
    _, dropped = struct.unpack("II", port.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
    if dropped:
        sys.exit(f"{dropped} packets passed uncounted")
    with open(file, "w", encoding="ascii") as out:
        json.dump({"calls": dict(count.calls), "sent": count.sent, "received": count.received}, out)


if __name__ == "__main__":
    main()
