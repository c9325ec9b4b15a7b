import Geo

/// Somebody else's map that is drawn under the town's own land: where its tiles are, and on which datum they are drawn.
public struct BackdropSource: Sendable, Equatable {
    /// How the page names it, a word of the catalogue; `other` for an address of one's own.
    public let name: String
    /// The datum of its tiles.
    public let datum: Datum
    /// Its sheets, the lowest first: addresses with `{z}`, `{x}`, `{y}` and `{key}`.
    let sheets: [String]
    private let key: String

    /// What `backdrop.map` may name.
    public static let known = ["tianditu", "tianditu-image", "amap", "amap-image"]

    /// Reads what is configured.
    /// - Parameters:
    ///   - map: one of ``known``, or an `http(s)://` address with `{z}`, `{x}` and `{y}`; several with blanks between.
    ///   - key: what takes the place of `{key}`.
    ///   - datum: that of an address; the known ones have their own.
    /// - Returns: `nil` where it is none of these, or the key that it needs is missing.
    public init?(map: String, key: String?, datum: Datum) {
        let own = Self.sheets(of: map)
        name = own == nil ? "other" : map
        sheets = own ?? map.split(separator: " ").map(String.init)
        self.datum = own == nil ? datum : map.hasPrefix("amap") ? .gcj02 : .wgs84
        self.key = key ?? ""
        guard (1...4).contains(sheets.count), sheets.allSatisfy(Self.isAddress), datum != .bd09 else { return nil }
        if self.key.isEmpty, sheets.contains(where: { $0.contains("{key}") }) { return nil }
    }

    /// Whether a text can name a map, whatever the key.
    public static func accepts(_ map: String) -> Bool {
        BackdropSource(map: map, key: "k", datum: .wgs84) != nil
    }

    private static func sheets(of map: String) -> [String]? {
        // OGC WMTS in Web Mercator (matrix set w); words lie on sheets of their own.
        func tianditu(_ layer: String) -> String {
            "https://t0.tianditu.gov.cn/\(layer)_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=\(layer)"
                + "&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={key}"
        }
        switch map {
        case "tianditu": return [tianditu("vec"), tianditu("cva")]
        case "tianditu-image": return [tianditu("img"), tianditu("cia")]
        case "amap":
            return ["https://webrd01.is.autonavi.com/appmaptile?lang=zh_cn&size=1&scale=1&style=7&x={x}&y={y}&z={z}"]
        case "amap-image":
            return [6, 8].map { "https://webst01.is.autonavi.com/appmaptile?style=\($0)&x={x}&y={y}&z={z}" }
        default: return nil
        }
    }

    private static func isAddress(_ text: String) -> Bool {
        text.utf8.count <= 500 && (text.hasPrefix("https://") || text.hasPrefix("http://"))
            && ["{z}", "{x}", "{y}"].allSatisfy { text.contains($0) }
            && text.utf8.allSatisfy { (33...126).contains($0) }
    }

    /// The address of a tile; it holds the key and must not be shown or logged.
    func address(_ sheet: Int, _ tile: TileAddress) -> String? {
        guard sheets.indices.contains(sheet) else { return nil }
        return sheets[sheet].replacing("{z}", with: String(tile.z)).replacing("{x}", with: String(tile.x))
            .replacing("{y}", with: String(tile.y)).replacing("{key}", with: key)
    }
}
