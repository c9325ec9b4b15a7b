/// Orders to a replay, as the text of an INFO (MANSRTSP, Annex B). Each says one thing only: devices ignore the rest.
public enum PlaybackControl: Sendable, Equatable {
    case pause
    case resume
    /// Seconds from the beginning of what was asked for, at least 0.
    case seek(Int)
    /// 0.25, 0.5, 1, 2, 4; a negative one (2022) plays backwards.
    case speed(Double)
    case stop

    /// The text; the blank line at its end belongs to it.
    public func text(number: Int) -> String {
        let lines: [String] =
            switch self {
            case .pause: ["PAUSE RTSP/1.0", "CSeq: \(number)", "PauseTime: now"]
            case .resume: ["PLAY RTSP/1.0", "CSeq: \(number)", "Range: npt=now-"]
            case .seek(let seconds): ["PLAY RTSP/1.0", "CSeq: \(number)", "Range: npt=\(max(0, seconds))-"]
            case .speed(let speed): ["PLAY RTSP/1.0", "CSeq: \(number)", "Scale: \(speed)"]
            case .stop: ["TEARDOWN RTSP/1.0", "CSeq: \(number)"]
            }
        return lines.joined(separator: "\r\n") + "\r\n\r\n"
    }

    /// Reads an order.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count <= 4_096 else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
        guard let first = lines.first else { return nil }
        var values: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            values[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        if first.hasPrefix("PAUSE") {
            self = .pause
        } else if first.hasPrefix("TEARDOWN") {
            self = .stop
        } else if first.hasPrefix("PLAY") {
            if let speed = values["scale"].flatMap({ Double($0) }), speed.isFinite {
                self = .speed(speed)
            } else if let range = values["range"], range.hasPrefix("npt="),
                let seconds = Double(range.dropFirst(4).prefix { $0 != "-" }), (0...8_640_000).contains(seconds)
            {
                self = .seek(Int(seconds))
            } else {
                self = .resume
            }
        } else {
            return nil
        }
    }
}

/// What a device answers to an order, inside the 200 of the INFO: many answer without it, some refuse here alone.
public struct PlaybackAnswer: Sendable, Equatable {
    /// The code of the first line, such as 200.
    public var status: Int
    /// From which second on it plays, where it says so.
    public var start: Double?

    /// Reads an answer; `nil` where there is none.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count <= 4_096 else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        guard let words = lines.first?.split(separator: " "), words.count >= 2, words[0].hasPrefix("RTSP/"),
            let status = Int(words[1]), (100...699).contains(status)
        else { return nil }
        self.status = status
        for line in lines.dropFirst().prefix(20) {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimming(while: \.isWhitespace) }
            guard parts.count == 2, parts[0].lowercased() == "range", parts[1].lowercased().hasPrefix("npt=") else {
                continue
            }
            start = Double(parts[1].dropFirst(4).prefix { $0 != "-" }).flatMap {
                (0...8_640_000).contains($0) ? $0 : nil
            }
        }
    }
}

extension Substring {
    fileprivate func trimming(while isOut: (Character) -> Bool) -> Substring {
        var slice = drop(while: isOut)
        while let last = slice.last, isOut(last) { slice.removeLast() }
        return slice
    }
}
