import CQRencode

/// QR codes (ISO/IEC 18004) by libqrencode, as scalable pictures.
public enum QRCode {
    /// Whether each module of a text's code is dark, row by row; `nil` when it is too long for a code.
    public static func modules(_ text: String) -> [[Bool]]? {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty, bytes.count <= 1_200,
            let code = QRcode_encodeData(Int32(bytes.count), bytes, 0, QR_ECLEVEL_M)
        else { return nil }
        defer { QRcode_free(code) }
        let width = Int(code.pointee.width)
        guard let modules = code.pointee.data else { return nil }
        return (0..<width).map { row in (0..<width).map { modules[row * width + $0] & 1 == 1 } }
    }

    /// The code of a text as an SVG element with a quiet zone of four modules; `nil` when it is too long for a code.
    /// - Parameter label: what a reader without the picture is told.
    public static func svg(_ text: String, label: String) -> String? {
        guard let rows = modules(text) else { return nil }
        var path = ""
        for (row, cells) in rows.enumerated() {
            var column = 0
            while column < cells.count {
                guard cells[column] else {
                    column += 1
                    continue
                }
                let start = column
                while column < cells.count, cells[column] { column += 1 }
                path += "M\(start + 4) \(row + 4)h\(column - start)v1h-\(column - start)z"
            }
        }
        let side = rows.count + 8
        let name = label.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
        return """
            <svg class="qr" viewBox="0 0 \(side) \(side)" role="img" aria-label="\(name)" shape-rendering="crispEdges">\
            <path fill="#fff" d="M0 0h\(side)v\(side)h-\(side)z"/><path fill="#000" d="\(path)"/></svg>
            """
    }
}
