import GB28181
import Kernel

extension GBPlatform {
    /// Asks what a camera's recorder has; pages are gathered until all are there or 10 s pass without one.
    /// - Returns: by their beginnings; `nil` where no answer came.
    func records(of camera: Camera, _ device: WatchDevice, from: Instant, to: Instant) async -> [RecordItem]? {
        let number = nextNumber()
        var answer = await ask(
            device, .records(number: number, of: camera.gbID, from: from, to: to), to: camera.gbID)
        guard answer != nil else { return nil }
        var items: [RecordItem] = []
        var seen = 0
        while let page = answer {
            let elements = page.element["RecordList"]?.all("Item") ?? []
            seen += elements.count
            items += elements.prefix(5_000).compactMap(RecordItem.init)
            let total = page.element.number("SumNum") ?? 0
            if elements.isEmpty || seen >= min(total, 5_000) { break }
            answer = await answers.wait(for: number, of: device.gbID, seconds: 10)
        }
        return items.sorted { $0.start < $1.start }
    }
}
