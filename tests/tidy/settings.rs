//! The settings of the core, and what the documentation says about them.

use crate::defaults::Default;
use crate::tree::{File, Tree};
use crate::{Finding, code, items};

/// The structs whose fields are settings.
pub(crate) const STRUCTS: [&str; 2] = ["Settings", "ConnectionSettings"];

/// A public field of one of the [`STRUCTS`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) name: String,
}

/// A row of a table whose first column is headed `setting`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row<'a> {
    pub(crate) path: &'a str,
    pub(crate) line: usize,
    pub(crate) name: &'a str,
    pub(crate) default: &'a str,
}

/// Where the settings stand: `core/src/config.rs`, or the files of that folder.
pub(crate) fn sources(tree: &Tree) -> impl Iterator<Item = &File> {
    let is_config = |path: &str| path == "core/src/config.rs" || path.starts_with("core/src/config/");
    tree.rust().filter(move |file| is_config(&file.path))
}

/// Every setting. What holds further settings is none itself.
pub(crate) fn fields(tree: &Tree) -> Vec<Field> {
    sources(tree).flat_map(|file| STRUCTS.iter().flat_map(|name| fields_of(file, name))).collect()
}

fn fields_of(file: &File, name: &str) -> Vec<Field> {
    let code = code::only(&file.text);
    let Some((body, first_line)) = items::body(&code, &format!("pub struct {name}")) else {
        return Vec::new();
    };
    let fields = body.lines().enumerate().filter_map(|(index, line)| {
        let (name, kind) = line.trim().strip_prefix("pub ")?.split_once(':')?;
        let kind = kind.trim().trim_end_matches(',');
        let holds_settings = STRUCTS.contains(&kind);
        let field = Field { path: file.path.clone(), line: first_line + index, name: name.to_owned() };
        (!holds_settings).then_some(field)
    });
    fields.collect()
}

/// Every setting whose name stands neither in README nor in `docs`.
pub(crate) fn undocumented(fields: &[Field], tree: &Tree) -> Vec<Finding> {
    let told: Vec<&str> = tree
        .markdown()
        .filter(|file| file.path == "README.md" || file.path.starts_with("docs/"))
        .map(|file| file.text.as_str())
        .collect();
    let is_told = |field: &&Field| told.iter().any(|text| text.contains(&format!("`{}`", field.name)));
    let missing = fields.iter().filter(|field| !is_told(field));
    missing
        .map(|field| {
            finding(field, format!("`{}` is not documented; add it to docs/configuration.md", field.name))
        })
        .collect()
}

fn finding(field: &Field, advice: String) -> Finding {
    Finding { path: field.path.clone(), line: field.line, advice }
}

/// The rows of all tables of settings.
pub(crate) fn rows(file: &File) -> Vec<Row<'_>> {
    let mut in_table = false;
    let mut found = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        let mut cells = line.split('|').skip(1).map(|cell| cell.trim().trim_matches('`'));
        match (cells.next(), cells.next()) {
            (Some("setting"), _) => in_table = true,
            (Some(name), Some(default)) if in_table && !name.starts_with('-') => {
                found.push(Row { path: &file.path, line: index + 1, name, default });
            }
            (Some(_), _) => {}
            (None, _) => in_table = false,
        }
    }
    found
}

/// Rows about settings that do not exist, and defaults that are told wrong.
pub(crate) fn disagreements(rows: &[Row<'_>], fields: &[Field], defaults: &[Default]) -> Vec<Finding> {
    let check = |row: &Row<'_>| {
        let at = |advice: String| Finding { path: row.path.to_owned(), line: row.line, advice };
        if !fields.iter().any(|field| field.name == row.name) {
            return Some(at(format!("there is no setting `{}`; take the row out", row.name)));
        }
        let Some(real) = defaults.iter().find(|default| default.name == row.name) else {
            return Some(at(format!("the default of `{}` was not found in the code", row.name)));
        };
        let advice =
            format!("the default of `{}` is `{}`, not `{}`; mend the row", row.name, real.text, row.default);
        (real.text != row.default).then(|| at(advice))
    };
    rows.iter().filter_map(check).collect()
}

#[cfg(test)]
mod tests {
    use super::{disagreements, fields, rows, undocumented};
    use crate::defaults::defaults;
    use crate::tree::{File, Tree};

    const CODE: &str = "/// A.\npub struct Settings {\n    /// One.\n    pub one_max: usize,\n    \
        pub connection: ConnectionSettings,\n}\npub struct ConnectionSettings {\n    pub two: Option<Duration>,\n}\n\
        impl Default for Settings {\n fn default() -> Self { Settings {\n one_max: 2 * KIB,\n } }\n}\n\
        impl Default for ConnectionSettings {\n fn default() -> Self { ConnectionSettings {\n two: None,\n } }\n}\n";

    fn tree(documentation: &str) -> Tree {
        Tree::new(vec![
            File::new("core/src/config.rs", CODE),
            File::new("docs/configuration.md", documentation),
        ])
    }

    #[test]
    fn settings_are_found_where_they_stand() {
        let found: Vec<(usize, String)> =
            fields(&tree("")).into_iter().map(|field| (field.line, field.name)).collect();
        assert_eq!(found, [(4, "one_max".to_owned()), (8, "two".to_owned())]);
    }

    #[test]
    fn a_setting_that_is_not_documented_is_found() {
        let tree = tree("`one_max` is told, two is not");
        let found = undocumented(&fields(&tree), &tree);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].to_string().starts_with("core/src/config.rs:8: `two` is not documented"),
            "{}",
            found[0]
        );
    }

    #[test]
    fn rows_are_those_of_tables_of_settings() {
        let text = "| setting | default |\n|---|---|\n| `one_max` | `2KiB` | x |\n\n| flag | x |\n|---|---|\n| `y` | z |\n";
        let file = File::new("docs/configuration.md", text);
        let found: Vec<_> = rows(&file).iter().map(|row| (row.line, row.name, row.default)).collect();
        assert_eq!(found, [(3, "one_max", "2KiB")]);
    }

    #[test]
    fn a_wrong_default_and_a_foreign_setting_are_found() {
        let text = "| setting | default |\n|---|---|\n| `one_max` | `3KiB` |\n| `three` | `1` |\n| `two` | `off` |\n";
        let tree = tree(text);
        let rows = rows(tree.file("docs/configuration.md"));
        let found = disagreements(&rows, &fields(&tree), &defaults(&tree));
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains(":3: the default of `one_max` is `2KiB`, not `3KiB`"), "{told:?}");
        assert!(told[1].contains(":4: there is no setting `three`"), "{told:?}");
    }
}
