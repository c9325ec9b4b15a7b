import CPrint

/// A text set in lines; freed with its last user.
final class SetText {
    fileprivate let handle: OpaquePointer
    /// How many lines it has.
    let lines: Int

    fileprivate init(_ handle: OpaquePointer) {
        self.handle = handle
        lines = Int(zl_text_lines(handle))
    }

    deinit { zl_text_free(handle) }

    /// The height of lines in points.
    func height(_ lines: Range<Int>) -> Double {
        zl_text_height(handle, Int32(lines.lowerBound), Int32(lines.upperBound))
    }

    /// The height of all lines in points.
    var height: Double { height(0..<lines) }

    /// The end of the longest run of lines from `start` that is no higher than `room`.
    func end(from start: Int, within room: Double) -> Int {
        var end = start
        while end < lines, height(start..<end + 1) <= room { end += 1 }
        return end
    }
}

/// Letters of one kind.
struct Letters {
    var size: Double
    var isBold = false
    var colour: UInt32 = 0x1F2328
}

/// Something drawn, in points from the page's upper left corner.
enum Stroke {
    case text(SetText, Range<Int>, x: Double, y: Double, UInt32)
    case rectangle(x: Double, y: Double, width: Double, height: Double, UInt32)
    case line([(x: Double, y: Double)], thickness: Double, UInt32, isDashed: Bool)
    case link(String, x: Double, y: Double, width: Double, height: Double)
}

/// The PDF in the making.
final class Canvas {
    private let handle: OpaquePointer

    /// Sans-serif letters with Chinese; where they are not installed, fontconfig's nearest.
    private static let family = "Noto Sans CJK SC, Source Han Sans SC, WenQuanYi Micro Hei, sans-serif"

    init(width: Double, height: Double, title: String) throws(PrintProblem) {
        guard let handle = zl_print_open(width, height, Canvas.clean(title), Self.family, PrintLimits.bytes) else {
            throw .failed(1)
        }
        self.handle = handle
    }

    deinit { zl_print_free(handle) }

    /// Text without what ends a C string, steers a printer or turns the line round.
    static func clean(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0A: scalars.append(scalar)
            case 0x09: scalars.append(" ")
            case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFDD0...0xFDEF: break
            // Noncharacters, which cairo refuses.
            case let value where value & 0xFFFE == 0xFFFE: break
            default: scalars.append(scalar)
            }
        }
        return String(scalars)
    }

    /// A web address as a PDF may hold it: cairo writes it as it comes, so what would end its string is escaped.
    /// `nil` where it is none.
    static func address(_ text: String) -> String? {
        guard text.hasPrefix("https://") || text.hasPrefix("http://"), text.utf8.count <= 2_000 else { return nil }
        let digits = Array("0123456789ABCDEF")
        var address = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            if byte < 0x80,
                scalar.properties.isAlphabetic || "0123456789-._~:/?#@!$&*+,;=%".unicodeScalars.contains(scalar)
            {
                address.unicodeScalars.append(scalar)
            } else {
                address += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
        return address
    }

    func set(
        _ text: String, _ letters: Letters, width: Double, alignment: zl_alignment = ZL_LEFT
    ) throws(PrintProblem) -> SetText {
        guard
            let text = zl_text_make(
                handle, Canvas.clean(text), letters.size, letters.isBold ? 1 : 0, max(1, width), alignment)
        else { throw .failed(1) }
        return SetText(text)
    }

    func draw(_ strokes: [Stroke]) {
        for stroke in strokes {
            switch stroke {
            case .text(let text, let lines, let x, let y, let colour):
                zl_print_text(handle, text.handle, Int32(lines.lowerBound), Int32(lines.upperBound), x, y, colour)
            case .rectangle(let x, let y, let width, let height, let colour):
                zl_print_rectangle(handle, x, y, width, height, colour)
            case .line(let points, let thickness, let colour, let isDashed):
                let flat = points.flatMap { [$0.x, $0.y] }
                zl_print_line(handle, flat, Int32(points.count), thickness, colour, isDashed ? 1 : 0)
            case .link(let address, let x, let y, let width, let height):
                if let address = Canvas.address(address) { zl_print_link(handle, address, x, y, width, height) }
            }
        }
        zl_print_next_page(handle)
    }

    func finish() throws(PrintProblem) -> [UInt8] {
        var bytes: UnsafePointer<UInt8>?
        var count = 0
        let status = zl_print_finish(handle, &bytes, &count)
        guard status == 0, let bytes else { throw .failed(Int(status)) }
        return Array(UnsafeBufferPointer(start: bytes, count: count))
    }
}
