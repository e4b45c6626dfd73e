//! Prometheus's text format, version 0.0.4, as far as whole numbers need it.
//!
//! Apart from what is told, because these are the format's rules. Own lines
//! rather than a crate: the hub counts already, and a registry would count again.

use std::fmt::Write;

/// A text that grows family by family.
#[derive(Debug, Default)]
pub(super) struct Exposition {
    text: String,
    /// The family that samples belong to.
    name: &'static str,
}

impl Exposition {
    /// Begins a family: its samples follow.
    pub(super) fn family(&mut self, name: &'static str, help: &str, kind: &str) {
        self.name = name;
        let help = help.replace('\\', r"\\").replace('\n', r"\n");
        self.write(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    /// One sample of the family, alone or told apart by a label.
    pub(super) fn sample(&mut self, label: Option<(&str, &str)>, value: u64) {
        let name = self.name;
        match label {
            None => self.write(format_args!("{name} {value}\n")),
            Some((label, text)) => {
                let text = text.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n");
                self.write(format_args!("{name}{{{label}=\"{text}\"}} {value}\n"));
            }
        }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    fn write(&mut self, line: std::fmt::Arguments<'_>) {
        // Text grows; it cannot fail.
        let _ = self.text.write_fmt(line);
    }
}

#[cfg(test)]
mod tests {
    use super::Exposition;

    #[test]
    fn what_would_break_a_line_is_escaped() {
        let mut text = Exposition::default();
        text.family("a_total", "Back\\slash\nand line.", "counter");
        text.sample(None, 0);
        text.sample(Some(("path", "C:\\\"x\"\n")), u64::MAX);
        assert_eq!(
            text.finish(),
            "# HELP a_total Back\\\\slash\\nand line.\n# TYPE a_total counter\na_total 0\n\
             a_total{path=\"C:\\\\\\\"x\\\"\\n\"} 18446744073709551615\n"
        );
    }
}
