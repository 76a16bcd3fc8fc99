//! NFS roots: what is printed reads the same, as text and as JSON, and what it
//! gives the kernel is kernel parameters.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netimage_core::boot::KernelCommandLine;
use netimage_core::nfs::NfsRoot;

fuzz_target!(|text: &str| {
    let Ok(root) = text.parse::<NfsRoot>() else {
        return;
    };
    assert_eq!(root.to_string().parse().as_ref(), Ok(&root));
    let json = serde_json::to_string(&root).expect("any root is JSON");
    assert_eq!(
        serde_json::from_str::<NfsRoot>(&json).expect("JSON of a root reads"),
        root
    );

    let parameters = root.kernel_parameters();
    let line = KernelCommandLine::from_parameters(&parameters).expect("kernel parameters");
    assert!(line.parameters().eq(parameters.iter().map(String::as_str)));
    if let Ok(options) = root.kernel_mount_options() {
        assert!(
            options
                .iter()
                .all(|option| !option.contains([',', ' ', '\n']))
        );
        assert!(options.starts_with(&root.mount_options()));
    }
    let _ = root.check_kernel_parameters();
});
