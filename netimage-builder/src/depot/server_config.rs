//! What the servers of a depot are told.

#![allow(
    clippy::disallowed_methods,
    reason = "the user names the files of other programs, mostly in /etc"
)]

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use netimage_core::depot::serve::{Dhcp, Installed, Program, Server, sysctl};
use netimage_core::depot::{Depot, Machines, layout};

use super::arguments::{DhcpMode, ServerConfigArguments};
use super::error::DepotCommandError;
use super::remote::shell;
use super::{file, lock, open};
use crate::error::CommandError;
use crate::text::{Text, print_raw};

/// The file of kernel parameters, below `/etc`.
const SYSCTL: &str = "sysctl.d/60-netimage.conf";

pub(super) fn run(arguments: &ServerConfigArguments) -> Result<(), CommandError> {
    let depot = open(&arguments.depot)?;
    let program = Program::from(arguments.program);
    let is_of_dnsmasq = [
        ("--interface", arguments.interface.is_some()),
        ("--dhcp", arguments.dhcp.is_some()),
        ("--range", arguments.range.is_some()),
    ];
    if let Some((option, _)) = is_of_dnsmasq.iter().find(|(_, given)| *given)
        && program != Program::Dnsmasq
    {
        return Err(DepotCommandError::OnlyDnsmasq(option).into());
    }
    let is_of_server = [
        ("--gateway", arguments.gateway.is_some()),
        ("--nameserver", !arguments.nameservers.is_empty()),
    ];
    if let Some((option, _)) = is_of_server.iter().find(|(_, given)| *given)
        && arguments.dhcp != Some(DhcpMode::Server)
    {
        return Err(DepotCommandError::OnlyServer(option).into());
    }
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
    let dhcp = Dhcp::from(arguments.dhcp.unwrap_or(DhcpMode::Proxy));
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
    server.router = arguments.gateway;
    server.nameservers.clone_from(&arguments.nameservers);
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
    let directory = path.parent().unwrap_or(path);
    fs::create_dir_all(directory).map_err(|source| DepotCommandError::Write {
        path: path.to_owned(),
        source,
    })?;
    file::replace(path, contents)?;
    text.line(format_args!("written     {}", path.display()));
    Ok(())
}

/// What was installed before the machines became what they are, and a hook that nothing
/// comes of.
pub(super) fn outdated(
    depot: &Depot,
    machines: &Machines,
) -> Result<Vec<String>, DepotCommandError> {
    let mut outdated = Vec::new();
    for (program, installed) in depot.servers()? {
        let wanted = program.configuration(&installed.server, machines);
        let present = fs::read_to_string(&installed.path).ok();
        let command = || command(depot, program, &installed);
        if present.as_ref() != Some(&wanted) {
            let path = installed.path.display();
            outdated.push(format!(
                "{path} is not what the machines need now; run {}",
                command()
            ));
        }
        if program == Program::Dnsmasq && !depot.has_hook()? {
            let path = depot.path().join(layout::HOOK);
            outdated.push(format!(
                "{} calls no program that is there, so that nobody learns what was sent; run {}",
                path.display(),
                command()
            ));
        }
    }
    Ok(outdated)
}

/// The command by which configuration was installed.
fn command(depot: &Depot, program: Program, installed: &Installed) -> String {
    let server = &installed.server;
    let mut words = vec![
        format!("netimage-builder server-config {}", server.directory()),
        format!("--for {} --install", program.as_str()),
    ];
    let depth = Path::new(program.file()).components().count();
    let etc = installed.path.ancestors().nth(depth);
    if let Some(etc) = etc.filter(|etc| *etc != Path::new("/etc")) {
        let etc = shell::line([etc]);
        words.push(format!("--etc {}", etc.display()));
    }
    if program == Program::Dnsmasq {
        let interface = server.interface.iter();
        words.extend(interface.map(|interface| format!("--interface {interface}")));
        words.extend(match server.dhcp {
            Dhcp::Proxy => None,
            Dhcp::Server => Some("--dhcp server".to_owned()),
            Dhcp::None => Some("--dhcp none".to_owned()),
        });
        words.extend(server.router.map(|router| format!("--gateway {router}")));
        let nameservers = server.nameservers.iter();
        words.extend(nameservers.map(|one| format!("--nameserver {one}")));
        let is_own = depot.settings().nfs.address() == Some(IpAddr::V4(server.address));
        match server.netmask {
            Some(mask) => words.push(format!("--range {},{mask}", server.address)),
            None if is_own || server.address.is_unspecified() => {}
            None => words.push(format!("--range {}", server.address)),
        }
    }
    words.join(" ")
}
