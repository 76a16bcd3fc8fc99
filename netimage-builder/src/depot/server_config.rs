//! What the servers of a depot are told.

#![allow(
    clippy::disallowed_methods,
    reason = "the user names the files of other programs, mostly in /etc"
)]

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use netimage_core::depot::serve::{Dhcp, Installed, Program, Server, sysctl};
use netimage_core::depot::{Depot, Machines, layout};

use super::arguments::ServerConfigArguments;
use super::error::DepotCommandError;
use super::{lock, open};
use crate::error::CommandError;
use crate::text::{Text, print_raw};

/// The file of kernel parameters, below `/etc`.
const SYSCTL: &str = "sysctl.d/60-netimage.conf";

pub(super) fn run(arguments: &ServerConfigArguments) -> Result<(), CommandError> {
    let depot = open(&arguments.depot)?;
    let program = Program::from(arguments.program);
    let server = server(&depot, arguments)?;
    if arguments.install {
        return install(&depot, program, server, &arguments.etc);
    }
    let machines = depot.machines().map_err(DepotCommandError::from)?;
    let text = program.configuration(&server, &machines);
    Ok(print_raw(text.as_bytes())?)
}

fn server(depot: &Depot, arguments: &ServerConfigArguments) -> Result<Server, DepotCommandError> {
    let nfs = &depot.settings().nfs;
    let dhcp = Dhcp::from(arguments.dhcp);
    let (address, netmask) = match (arguments.range, nfs.address()) {
        (Some(range), _) => range,
        (None, Some(IpAddr::V4(address))) => (address, None),
        _ if dhcp == Dhcp::None || Program::from(arguments.program) != Program::Dnsmasq => {
            (Ipv4Addr::UNSPECIFIED, None)
        }
        _ => return Err(DepotCommandError::NoNetwork),
    };
    let mut server = Server::new(depot.path(), address)?
        .with_export(nfs.path().as_ref())?
        .with_hook(&depot.path().join(layout::HOOK))?;
    if let Some(interface) = &arguments.interface {
        server = server.with_interface(interface)?;
    }
    server.netmask = netmask;
    server.dhcp = dhcp;
    Ok(server)
}

fn install(
    depot: &Depot,
    program: Program,
    server: Server,
    etc: &Path,
) -> Result<(), CommandError> {
    let locked = lock(depot)?;
    let configuration = program.configuration(&server, locked.machines());
    let etc = std::path::absolute(etc).map_err(DepotCommandError::Path)?;
    let path = etc.join(program.file());
    let mut text = Text::default();
    if program == Program::Dnsmasq {
        let ourselves = std::env::current_exe().map_err(DepotCommandError::Path)?;
        locked
            .write_hook(&ourselves)
            .map_err(DepotCommandError::from)?;
    }
    if program == Program::Exports {
        write(&etc.join(SYSCTL), sysctl(), &mut text)?;
    }
    check_owner(&path, &configuration)?;
    write(&path, &configuration, &mut text)?;
    let installed = Installed {
        path: path.clone(),
        server,
    };
    locked
        .note_server(program, installed)
        .map_err(DepotCommandError::from)?;
    if program == Program::Ganesha {
        text.line(format_args!(
            "then have ganesha.conf include it: %include \"{}\"",
            path.display()
        ));
    }
    text.line(format_args!("then run    {}", program.reload()));
    Ok(text.print()?)
}

/// A file that somebody wrote, or that is another depot's, stays.
fn check_owner(path: &Path, configuration: &str) -> Result<(), DepotCommandError> {
    let heading = |text: &str| text.lines().next().map(str::to_owned);
    match fs::read_to_string(path) {
        Ok(present) if heading(&present) != heading(configuration) => {
            Err(DepotCommandError::NotOurs(path.to_owned()))
        }
        _ => Ok(()),
    }
}

fn write(path: &Path, contents: &str, text: &mut Text) -> Result<(), DepotCommandError> {
    let written = || -> io::Result<()> {
        let unfinished = path.with_extension("new");
        fs::create_dir_all(path.parent().unwrap_or(path))?;
        fs::write(&unfinished, contents)?;
        fs::File::open(&unfinished)?.sync_all()?;
        fs::rename(&unfinished, path)
    };
    written().map_err(|source| DepotCommandError::Write {
        path: path.to_owned(),
        source,
    })?;
    text.line(format_args!("written     {}", path.display()));
    Ok(())
}

/// What was installed before the machines became what they are.
pub(super) fn outdated(
    depot: &Depot,
    machines: &Machines,
) -> Result<Vec<String>, DepotCommandError> {
    let servers = depot.servers()?;
    let outdated = servers.into_iter().filter_map(|(program, installed)| {
        let wanted = program.configuration(&installed.server, machines);
        let present = fs::read_to_string(&installed.path).ok();
        let path = installed.path.display();
        (present.as_ref() != Some(&wanted)).then(|| {
            format!(
                "{path} is not what the machines need now; run netimage-builder server-config --for {} --install again",
                program.as_str()
            )
        })
    });
    Ok(outdated.collect())
}
