import Geo
import Kernel
import Places

/// A small map as a picture, on which a finger shows a place: also without scripts, as the picture of a form's button.
struct MapSheet: Sendable {
    /// Pixels.
    static let width = 640.0
    let box: Box
    let height: Double
    /// Degrees of longitude are shorter than those of latitude by this.
    private let ratio: Double

    /// The whole town with a margin, or `nil` where no area is known.
    init?(areas: [Area]) {
        guard let box = Box(areas.flatMap(\.geometry.positions)) else { return nil }
        self.init(box: box)
    }

    private init?(box: Box) {
        guard box.east - box.west > 1e-6, box.north - box.south > 1e-6 else { return nil }
        self.box = box
        let middle = (box.north + box.south) / 2 * .pi / 180
        ratio = 1 - middle * middle / 2 + middle * middle * middle * middle / 24
        height = min(900, max(200, Self.width * (box.north - box.south) / ((box.east - box.west) * ratio)))
    }

    /// A piece around a place, an eighth as wide.
    func around(_ point: GeoPoint) -> MapSheet? {
        let (dx, dy) = ((box.east - box.west) / 16, (box.north - box.south) / 16)
        return Box([
            Position(lon: point.lon - dx, lat: point.lat - dy), Position(lon: point.lon + dx, lat: point.lat + dy),
        ]).flatMap(MapSheet.init(box:))
    }

    /// The place under a pixel of the picture as it was sent.
    func point(x: Double, y: Double) -> GeoPoint? {
        guard x.isFinite, y.isFinite, (0...Self.width).contains(x), (0...height).contains(y) else { return nil }
        return GeoPoint(
            lat: box.north - y / height * (box.north - box.south),
            lon: box.west + x / Self.width * (box.east - box.west))
    }

    /// Where a place is on the picture.
    func pixel(_ lat: Double, _ lon: Double) -> (x: Double, y: Double) {
        (
            (lon - box.west) / (box.east - box.west) * Self.width,
            (box.north - lat) / (box.north - box.south) * height
        )
    }

    /// The picture.
    func svg(areas: [Area], landmarks: [Landmark], marker: GeoPoint?) -> String {
        var parts: [String] = []
        for area in areas where area.kind != .town {
            for polygon in area.geometry.areas {
                let isVillage = area.kind == .village
                parts.append(
                    "<path d=\"\(path(polygon.outline))z\" fill=\"\(isVillage ? "#f1f3ee" : "none")\" "
                        + "stroke=\"#8d9a88\" stroke-width=\"\(isVillage ? "1.4" : ".5")\"/>")
            }
        }
        for landmark in landmarks {
            switch (landmark.kind, landmark.geometry) {
            case (.river, .line(let line)):
                parts.append("<path d=\"\(path(line))\" fill=\"none\" stroke=\"#b5d3e6\" stroke-width=\"7\"/>")
            case (.road, .line(let line)):
                parts.append("<path d=\"\(path(line))\" fill=\"none\" stroke=\"#b9bfb4\" stroke-width=\"4\"/>")
            default: break
            }
        }
        for area in areas where area.kind == .village {
            guard let box = Box(area.geometry.positions) else { continue }
            let at = pixel((box.north + box.south) / 2, (box.east + box.west) / 2)
            guard (0...Self.width).contains(at.x), (0...height).contains(at.y) else { continue }
            parts.append(
                "<text x=\"\(whole(at.x))\" y=\"\(whole(at.y))\" text-anchor=\"middle\" font-size=\"17\" fill=\"#36453a\" "
                    + "stroke=\"#fff\" stroke-width=\"3\" paint-order=\"stroke\">\(escaped(area.name))</text>")
        }
        if let marker {
            let at = pixel(marker.lat, marker.lon)
            parts.append(
                "<circle cx=\"\(whole(at.x))\" cy=\"\(whole(at.y))\" r=\"9\" fill=\"#c2261d\" stroke=\"#fff\" "
                    + "stroke-width=\"3\"/>")
        }
        return
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(whole(Self.width)) \(whole(height))\" "
            + "width=\"\(whole(Self.width))\" height=\"\(whole(height))\" font-family=\"Noto Sans CJK SC,Microsoft YaHei,"
            + "PingFang SC,sans-serif\"><path fill=\"#e9edf1\" d=\"M0 0h\(whole(Self.width))v\(whole(height))H0z\"/>"
            + parts.joined() + "</svg>"
    }

    private func path(_ line: [Position]) -> String {
        var text = ""
        for (index, position) in line.enumerated() {
            let at = pixel(position.lat, position.lon)
            text += "\(index == 0 ? "M" : "L")\(whole(at.x)) \(whole(at.y))"
        }
        return text
    }
}

private func whole(_ number: Double) -> Int { Int(max(-100_000, min(100_000, number)).rounded()) }

/// Text as it may stand in XML or HTML.
func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        .replacing("\"", with: "&quot;")
}
