//! Aligned columns without lines around them.

use comfy_table::{CellAlignment, Row, Table, presets};

/// A table with these column names; those that begin with `>` are numbers and aligned to the right.
pub fn table<const N: usize>(columns: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(columns.map(|name| name.trim_start_matches('>')));
    for (index, name) in columns.iter().enumerate() {
        if let Some(column) = table.column_mut(index) {
            column.set_padding((0, 2));
            if name.starts_with('>') {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
    }
    table
}

/// Adds a row of texts.
pub fn row<const N: usize>(table: &mut Table, cells: [String; N]) {
    table.add_row(Row::from(cells));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let mut table = table(["NAME", ">SIZE", "PATH"]);
        row(&mut table, ["a".into(), "1".into(), "文件".into()]);
        row(&mut table, ["longer".into(), "1,000".into(), String::new()]);
        assert_eq!(table.trim_fmt(), "NAME     SIZE  PATH\na           1  文件\nlonger  1,000");
    }
}
