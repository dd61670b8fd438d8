"""Small workbooks written by hand, so that they can claim what no library would write."""

from __future__ import annotations

import io
import zipfile

_XML = '<?xml version="1.0"?>'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"


def cell(reference: str, text: str) -> str:
    """A cell of an .xlsx sheet; without a reference it is the next one."""
    placed = f' r="{reference}"' if reference else ""
    return f'<c{placed} t="inlineStr"><is><t>{text}</t></is></c>'


def xlsx(above: str, rows: str, part: str = "xl/worksheets/sheet1.xml") -> bytes:
    """A workbook of one sheet with a header of two labels, something above its rows, and the rows; it lies in this part."""
    header = f'<row r="1">{cell("A1", "Deal ID")}{cell("B1", "Stage")}</row>'
    relation = (
        f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="r1" Type="{_OFFICE}/{{}}" Target="{{}}"/></Relationships>'
    )
    return _zip(
        {
            "_rels/.rels": relation.format("officeDocument", "xl/workbook.xml"),
            "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
            '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": relation.format("worksheet", f"/{part}"),
            part: f'<worksheet xmlns="{_MAIN}">{above}<sheetData>{header}{rows}</sheetData></worksheet>',
        }
    )


def ods(repeated: str, width: int) -> bytes:
    """An OpenDocument sheet whose only row below the header is repeated, with one cell repeated to this width."""
    filled = '<table:table-cell table:number-columns-repeated="{}" office:value-type="string">'
    filled += "<text:p>{}</text:p></table:table-cell>"
    rows = f"<table:table-row>{filled.format(1, 'Deal ID')}{filled.format(1, 'Stage')}</table:table-row>"
    rows += f"<table:table-row {repeated}>{filled.format(width, 'x')}</table:table-row>"
    names = " ".join(f'xmlns:{name}="{_ODF}:{name}:1.0"' for name in ("office", "table", "text"))
    sheet = f'<office:spreadsheet><table:table table:name="S">{rows}</table:table></office:spreadsheet>'
    manifest = f'<manifest:manifest xmlns:manifest="{_ODF}:manifest:1.0"/>'
    return _zip(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": manifest,
            "content.xml": f"<office:document-content {names}><office:body>{sheet}</office:body></office:document-content>",
        }
    )


def _zip(parts: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text if name == "mimetype" else _XML + text)
    return out.getvalue()
