import Foundation
import Kernel

/// A track as a line without a map: which way somebody went, and how far.
enum TrackDrawing {
    /// Pixels of the drawing.
    static let (width, height) = (640.0, 360.0)

    /// The line as SVG, north up; empty where there are not two places.
    static func svg(_ fixes: [Fix]) -> String {
        guard fixes.count > 1 else { return "" }
        let lats = fixes.map(\.point.lat)
        let lons = fixes.map(\.point.lon)
        let (south, north) = (lats.min() ?? 0, lats.max() ?? 0)
        let (west, east) = (lons.min() ?? 0, lons.max() ?? 0)
        // A degree of longitude is shorter than one of latitude; both axes have one scale.
        let narrow = cos((south + north) / 2 * .pi / 180)
        let scale = min(
            (width - 40) / max((east - west) * narrow, 0.0005), (height - 40) / max(north - south, 0.0005))
        let points = fixes.map { fix -> (Double, Double) in
            (
                width / 2 + (fix.point.lon - (west + east) / 2) * narrow * scale,
                height / 2 - (fix.point.lat - (south + north) / 2) * scale
            )
        }
        let path = points.map { "\(round($0.0)),\(round($0.1))" }.joined(separator: " ")
        let (first, last) = (points[0], points[points.count - 1])
        return """
            <svg class="track" viewBox="0 0 640 360" aria-hidden="true"><polyline points="\(path)"/>\
            <circle cx="\(round(first.0))" cy="\(round(first.1))" r="6" class="from"/>\
            <circle cx="\(round(last.0))" cy="\(round(last.1))" r="6" class="to"/></svg>
            """
    }

    private static func round(_ value: Double) -> String { String((value * 10).rounded() / 10) }
}
