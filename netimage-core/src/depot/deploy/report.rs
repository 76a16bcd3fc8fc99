//! What a deploy did, or would do.

use serde::Serialize;

use crate::check::CheckReport;
use crate::depot::{GenerationNumber, MachineName};
use crate::tree::TargetName;

/// What was done, or is to be done, for all machines.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DeployReport {
    /// Store paths that the depot lacked.
    pub store_paths: u64,
    /// Bytes of their NARs.
    pub nar_size: u64,
    /// Boot files that the depot lacked.
    pub boot_files: u64,
    /// Their bytes.
    pub boot_size: u64,
    /// What was found by the checks that were made.
    pub checks: Vec<CheckReport>,
    /// What each machine gets, by name.
    pub machines: Vec<MachineDeploy>,
}

/// What a machine gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MachineDeploy {
    /// The machine.
    pub machine: MachineName,
    /// Its new generation; none where it gets the same already.
    pub generation: Option<GenerationNumber>,
    /// The firmware of the image that the machine has otherwise, and keeps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_firmware: Vec<TargetName>,
}

/// What changes of a machine's firmware.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MachineFirmware {
    /// The machine.
    pub machine: MachineName,
    /// The files that are added or replaced, in the order in which boards read them; none
    /// where it has them already, or nothing was deployed to it.
    pub changed: Vec<TargetName>,
}
