use super::super::DeviceTree;
use super::super::tests::dts;

/// The names of what a node needs, and in brackets what is not vital.
fn suppliers(text: &str, path: &str) -> Vec<String> {
    let bytes = dts(text);
    let tree = DeviceTree::parse(&bytes).unwrap();
    let suppliers = tree.suppliers(path).into_iter();
    let told = suppliers.map(|supplier| {
        let name = String::from_utf8_lossy(supplier.node.name());
        if supplier.is_vital {
            name.into_owned()
        } else {
            format!("[{name}]")
        }
    });
    told.collect()
}

#[test]
fn lists_name_a_supplier_and_its_cells() {
    let text = r#"/ {
        compatible = "board"; interrupt-parent = <1>;
        gic { compatible = "gic"; phandle = <1>; #interrupt-cells = <3>; };
        one { compatible = "clock"; phandle = <2>; #clock-cells = <1>; };
        two { compatible = "clock"; phandle = <3>; #clock-cells = <0>; };
        four { compatible = "clock"; phandle = <4>; #clock-cells = <0>; };
        reset { compatible = "reset"; phandle = <5>; #reset-cells = <1>; };
        gpio { compatible = "gpio"; phandle = <6>; #gpio-cells = <2>; pins { phandle = <7>; }; };
        msi { compatible = "msi"; phandle = <8>; };
        ethernet { compatible = "mac"; clocks = <2 4 0 3>; resets = <5 1>; msi-parent = <8>;
            mdio { reset-gpios = <6 3 1>; }; };
    };"#;
    let all = ["", "gic", "one", "two", "reset", "gpio", "msi", "ethernet"];
    assert_eq!(suppliers(text, "/ethernet"), all);
    // The 4 is no phandle in the list: it is a cell of the first clock.
    let without = text.replace("#clock-cells = <1>", "#clock-cells = <0>");
    assert!(suppliers(&without, "/ethernet").contains(&"four".to_owned()));
    let without = text.replace("mdio {", "mdio { status = \"disabled\";");
    assert!(!suppliers(&without, "/ethernet").contains(&"gpio".to_owned()));
    assert_eq!(suppliers(text, "/gone"), Vec::<String>::new());
}

#[test]
fn only_what_no_driver_misses_is_not_vital() {
    let text = r#"/ {
        pins { compatible = "pins"; default { phandle = <1>; }; };
        clock { compatible = "clock"; phandle = <2>; #clock-cells = <0>; };
        phy { compatible = "usb-nop-xceiv"; phandle = <3>; #phy-cells = <0>; clocks = <2>; };
        other { compatible = "phy"; phandle = <4>; #phy-cells = <0>; };
        usb { compatible = "usb"; pinctrl-0 = <1>; phys = <3 4>; dmas = <5>; };
        dma { compatible = "dma"; phandle = <5>; };
    };"#;
    let all = ["pins", "[clock]", "[phy]", "other", "usb"];
    assert_eq!(suppliers(text, "/usb"), all);
    let vital = text.replace("usb\"; ", "usb\"; clocks = <2>; ");
    assert!(suppliers(&vital, "/usb").contains(&"clock".to_owned()));
}

#[test]
fn clocks_may_be_derived_from_each_other() {
    let text = r#"/ {
        cprman { compatible = "cprman"; phandle = <1>; #clock-cells = <1>; clocks = <2 0>; resets = <2>; };
        dsi { compatible = "dsi"; phandle = <2>; #clock-cells = <1>; clocks = <1 3>; };
        ethernet { compatible = "mac"; clocks = <1 7>; };
    };"#;
    assert_eq!(suppliers(text, "/ethernet"), ["cprman", "dsi", "ethernet"]);
    let without = text.replace("resets = <2>;", "");
    assert_eq!(suppliers(&without, "/ethernet"), ["cprman", "ethernet"]);
}

#[test]
fn what_is_disabled_or_needs_no_driver_is_left_out() {
    let text = r#"/ {
        soc { compatible = "simple-bus";
            clock { compatible = "clock"; phandle = <1>; #clock-cells = <0>; status = "okay"; };
            usb { compatible = "host"; clocks = <1>;
                hub { compatible = "usb424,2514"; ethernet { compatible = "usb424,ec00"; }; };
            };
        };
    };"#;
    let path = "/soc/usb/hub/ethernet";
    assert_eq!(suppliers(text, path), ["clock", "usb"]);
    let off = text.replace("okay", "disabled");
    assert_eq!(suppliers(&off, path), ["usb"]);
    let off = text.replace("simple-bus\";", "simple-bus\"; status = \"fail\";");
    assert_eq!(suppliers(&off, path), Vec::<String>::new());
    // Not the name of a device on USB.
    let named = text.replace("usb424,2514", "usb-hub,2514");
    assert_eq!(suppliers(&named, path), ["clock", "usb", "hub"]);
}

#[test]
fn many_references_take_no_time() {
    let list = "1 ".repeat(200_000);
    let text = format!(
        r#"/ {{ clock {{ {} compatible = "clock"; #clock-cells = <0>; phandle = <1>; }};
            ethernet {{ compatible = "mac"; clocks = <{list}>; resets = <{list}>; }}; }};"#,
        "unit = <1>; ".repeat(10_000)
    );
    assert_eq!(suppliers(&text, "/ethernet"), ["clock", "ethernet"]);
}
