//! The settings that the firmware knows: those of Raspberry Pi's documentation, old
//! and new, of its boot loader's release notes, and those that the firmware itself
//! lists (`vcgencmd get_config int` and `str`). There are more: what is not here may
//! be known to other firmware.

use crate::words::Words;

/// What follows a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `=` and an integer, decimal or after `0x`.
    Number,
    /// `=` and text.
    Text,
    /// A blank and text, no `=`.
    Line,
}

const LINES: Words = Words("include initramfs");

const TEXTS: Words = Words(
    "
    aphy_params aphy_params_current armstub cec_osd_name cmdline decode_0001
    decode_DDP decode_DTS decode_MPG2 decode_WVC1 device_tree device_tree_overlay
    device_tree_param dphy_params dphy_params_current dpi_timings dtoverlay dtparam
    fixup_file force_mac_address gpio hdmi_cvt hdmi_edid_filename hdmi_timings
    kernel os_prefix overlay_prefix pin_test program_mac_address ramfsfile
    start_file vcos_logging_level vl805_hub2_file vl805_mcu_file
    ",
);

const NUMBERS: Words = Words(
    "
    arm_64bit arm_boost arm_control arm_freq arm_freq_min arm_peri_high
    audio_pwm_mode auto_initramfs avoid_edid_fuzzy_match avoid_safe_mode
    avoid_warnings avs_disable avs_temp awb_auto_is_greyworld boot_delay
    boot_delay_ms boot_load_flags boot_partition boot_ramdisk boot_signing_key0
    boot_signing_key1 boot_signing_key2 boot_signing_key3 bootcode_delay
    bootloader_update bootvar0 camera_auto_detect cma_hwm cma_lwm cma_offline_start
    config_hdmi_boost config_hdmi_preemphasis core_freq core_freq_fixed
    core_freq_min current_limit_override desired_osc_freq desired_osc_freq2
    desired_osc_freq_boost device_tree_address device_tree_end disable_audio_dither
    disable_auto_turbo disable_camera_led disable_commandline_tags
    disable_fw_kms_setup disable_l2cache disable_overscan disable_poe_fan
    disable_pvt disable_splash disable_touchscreen display_auto_detect
    display_default_lcd display_hdmi_rotate display_lcd_rotate display_rotate
    dispmanx_lbm_max dispmanx_offline dpi_group dpi_mode dpi_output_format dtdebug
    dvfs edid_content_type eeprom_write_protect emmc_pll_core enable_audio_dither
    enable_dpi_lcd enable_gic enable_hdmi_status enable_jtag_gpio
    enable_l2cache_writealloc enable_rp1_uart enable_tvout enable_uart erase_eeprom
    extra_transpose_buffer fake_vsync_isr force_board_rev force_board_rev_ext
    force_core force_eeprom_read force_ethernet_phy_address force_hdmi_open
    force_pvt force_pwm_open force_serial_number force_turbo framebuffer_align
    framebuffer_aspect framebuffer_depth framebuffer_height framebuffer_ignore_alpha
    framebuffer_priority framebuffer_swap framebuffer_width gpu_freq gpu_freq_min
    gpu_mem gpu_mem_1024 gpu_mem_256 gpu_mem_512 h264_freq h264_freq_min
    hdmi_audio_config hdmi_blanking hdmi_channel_map hdmi_clock_change_limit
    hdmi_clock_change_rate hdmi_deep_color hdmi_dma_waits hdmi_drive hdmi_edid_file
    hdmi_enable_4kp60 hdmi_force_cec_address hdmi_force_edid_3d
    hdmi_force_edid_audio hdmi_force_hotplug hdmi_force_mode hdmi_force_rb2
    hdmi_group hdmi_ignore_cec hdmi_ignore_cec_init hdmi_ignore_edid
    hdmi_ignore_edid_3d hdmi_ignore_edid_audio hdmi_ignore_hotplug hdmi_mai_thresh
    hdmi_max_pixel_freq hdmi_mode hdmi_muting hdmi_pixel_clock_type
    hdmi_pixel_encoding hdmi_pixel_freq_limit hdmi_pixel_freq_limit_min
    hdmi_preferred_port hdmi_safe hdmi_samples_limit hdmi_stream_channels hdmi_test
    hdmi_wifi_pixel_freq_adj hevc_freq hevc_freq_min hvs_gamma_test hvs_priority
    hvs_set_dither hvs_swap_red_blue ignore_lcd imx477_fstrobe_cont_trig
    imx477_fstrobe_delay imx477_fstrobe_enable imx477_fstrobe_stills_only
    imx477_fstrobe_width imx477_hsync_polarity imx477_hsync_width
    imx477_hv_sync_enable imx477_trigger_mode imx477_vsync_polarity
    imx477_vsync_width init_emmc_clock init_uart_baud init_uart_clock initial_turbo
    isp_freq isp_freq_min isp_use_vpu0 kernel_address kernel_old
    kernel_watchdog_partition kernel_watchdog_timeout lcd_framerate lcd_rotate
    legacy_mapping lock_device_key_write lock_device_private_key logging_level
    mask_gpu_interrupt0 mask_gpu_interrupt1 max_clock_drift max_clock_drift_rate
    max_framebuffer_height max_framebuffer_width max_framebuffers max_pll_freq
    max_usb_current min_core_voltage never_over_voltage num_stream_blocks os_check
    osc_debug otg_mode ov5647_acls over_voltage over_voltage_avs
    over_voltage_avs_boost over_voltage_delta over_voltage_idle over_voltage_min
    over_voltage_sdram over_voltage_sdram_c over_voltage_sdram_c_min
    over_voltage_sdram_i over_voltage_sdram_i_min over_voltage_sdram_min
    over_voltage_sdram_p over_voltage_sdram_p_min overscan_bottom overscan_left
    overscan_right overscan_scale overscan_top partition_walk pause_burst_frames
    pciex4_reset pmic_override pmic_turbo_threshold power_force_3v3_pwm
    program_batch_num program_board_rev program_emmc_boot program_gpio_bootmode
    program_jtag_lock program_mfgtest_fail program_pubkey program_rpiboot_gpio
    program_sdhost_use_dma program_serial_number program_serial_random
    program_usb_boot_mode program_usb_boot_timeout pwm_mode_pwm pwm_sample_bits
    ramfsaddr recovery_metadata recovery_mode recovery_reboot recovery_wait
    reduced_axi refresh_change remote_gpu_mem require_total_mem revoke_devkey
    safe_mode_gpio scaling_kernel sdram_freq sdram_freq_min sdram_schmoo sdtv_aspect
    sdtv_disable_colourburst sdtv_mode second_boot set_reboot_arg1 set_reboot_order
    sha256 start_debug start_x startx temp_limit temp_soft_limit test_mode total_mem
    tryboot_a_b uart_2ndstage upstream_kernel usb_max_current_enable usb_mdio
    v3d_freq v3d_freq_min v3d_limiter vd_isp_disable vd_min_images vl805_no_spi
    xosc_bias
    ",
);

/// The settings by which other files are loaded, or the kernel is started in another
/// mode, but for the memory of the GPU.
const DECIDING: Words = Words(
    "
    arm_64bit arm_control armstub auto_initramfs boot_ramdisk cmdline device_tree
    device_tree_overlay dtoverlay fixup_file kernel os_check os_prefix
    overlay_prefix ramfsaddr ramfsfile start_debug start_file start_x startx
    upstream_kernel
    ",
);

/// What follows this key, if it is known.
pub(super) fn kind(key: &str) -> Option<Kind> {
    let kinds = [
        (NUMBERS, Kind::Number),
        (TEXTS, Kind::Text),
        (LINES, Kind::Line),
    ];
    let (_, kind) = kinds.into_iter().find(|(words, _)| words.contains(key))?;
    Some(kind)
}

/// Whether a setting of this name decides what is loaded.
pub(super) fn decides_files(key: &str) -> bool {
    DECIDING.contains(key)
}

/// The known key that this one is near to.
pub(super) fn nearest(key: &str) -> Option<&'static str> {
    let words = NUMBERS.iter().chain(TEXTS.iter()).chain(LINES.iter());
    crate::nearest::nearest(key.trim(), words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_there_once() {
        let keys = [LINES, TEXTS, NUMBERS].into_iter().flat_map(Words::iter);
        let mut keys: Vec<_> = keys.collect();
        keys.sort_unstable();
        assert_eq!(keys.len(), 310);
        assert!(keys.is_sorted_by(|one, other| one < other));
        assert!(DECIDING.iter().all(|key| keys.contains(&key)));
        assert_eq!(
            (kind("kernel"), kind("sha256")),
            (Some(Kind::Text), Some(Kind::Number))
        );
        assert_eq!((kind("include"), kind("kernal")), (Some(Kind::Line), None));
    }

    #[test]
    fn suggests_what_is_near() {
        for (word, suggestion) in [
            ("kernal", Some("kernel")),
            ("arm_64_bit", Some("arm_64bit")),
            ("dtoverlays", Some("dtoverlay")),
            ("cmd_line ", Some("cmdline")),
            ("core_freq_max", None),
        ] {
            assert_eq!(nearest(word), suggestion, "{word}");
        }
    }
}
