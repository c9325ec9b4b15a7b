/// What is due when: a heap by time; entries that were overtaken are dropped by who pops them.
struct DueQueue<Key: Hashable & Sendable>: Sendable {
    private var heap: [(at: Int64, key: Key)] = []

    var first: Int64? { heap.first?.at }

    mutating func push(_ key: Key, at time: Int64) {
        heap.append((time, key))
        var index = heap.count - 1
        while index > 0, heap[index].at < heap[(index - 1) / 2].at {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    mutating func pop(until now: Int64) -> Key? {
        guard let top = heap.first, top.at <= now else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            var index = 0
            while true {
                var least = index
                for child in [2 * index + 1, 2 * index + 2] where child < heap.count && heap[child].at < heap[least].at
                {
                    least = child
                }
                if least == index { break }
                heap.swapAt(index, least)
                index = least
            }
        }
        return top.key
    }
}
