/// One entry of the console's navigation.
public struct NavigationItem: Sendable {
    /// Where it leads.
    public var href: String
    /// Its words in the catalogue.
    public var key: String
    /// Its picture among the icons.
    public var icon: String
    /// Who sees it; `nil` is everybody.
    public var needs: Permission?
    /// Small numbers come first.
    public var order: Int

    /// An entry.
    public init(_ href: String, key: String, icon: String, needs: Permission?, order: Int) {
        self.href = href
        self.key = key
        self.icon = icon
        self.needs = needs
        self.order = order
    }
}

/// The rail's headings, each with the entries under it, which pages show as tabs.
public struct Navigation: Sendable {
    /// What stands together under one heading.
    public struct Heading: Sendable {
        /// Its words in the catalogue.
        public var key: String
        /// Its picture among the icons.
        public var icon: String
        /// The entries by where they lead, in this order.
        public var hrefs: [String]

        /// A heading.
        public init(_ key: String, icon: String, _ hrefs: [String]) {
            self.key = key
            self.icon = icon
            self.hrefs = hrefs
        }
    }

    /// A heading or an entry as a reader sees it.
    struct Shown {
        var href: String
        var icon: String
        var label: String
        var isCurrent: Bool
        /// The entries under a heading, those it leads to itself among them; one for an entry that stands alone.
        var items: [Shown] = []

        /// As templates read it.
        var context: [String: Any] {
            [
                "href": href, "icon": icon, "label": label, "current": isCurrent, "many": items.count > 1,
                "items": items.map(\.context),
            ]
        }
    }

    private var headings: [(heading: Heading?, items: [NavigationItem])] = []

    /// Sorts the entries under their headings. One that no heading names stands alone, at the end.
    public init(_ items: [NavigationItem], under headings: [Heading]) {
        var rest = items.sorted { $0.order < $1.order }
        for heading in headings {
            let found = heading.hrefs.compactMap { href in rest.first { $0.href == href } }
            rest.removeAll { item in found.contains { $0.href == item.href } }
            if !found.isEmpty { self.headings.append((heading, found)) }
        }
        self.headings += rest.map { (nil, [$0]) }
    }

    /// The entries that no heading names.
    public var alone: [String] { headings.filter { $0.heading == nil }.flatMap(\.items).map(\.href) }

    /// Where all entries lead, in the order of the rail.
    public var all: [String] { headings.flatMap(\.items).map(\.href) }

    /// What a caller may see, with the page that is open marked.
    func shown(to caller: Caller, at path: String, word: (String) -> String) -> [Shown] {
        let visible = headings.map { heading, items in
            (heading, items.filter { item in item.needs.map(caller.may) ?? true })
        }
        let current = visible.flatMap(\.1).filter { leads($0.href, to: path) }.max { $0.href.count < $1.href.count }
        return visible.compactMap { heading, items in
            let shown = items.map { item in
                Shown(
                    href: item.href, icon: item.icon, label: word(item.key), isCurrent: item.href == current?.href)
            }
            guard let first = shown.first else { return nil }
            var whole = first
            whole.items = shown
            whole.isCurrent = shown.contains(where: \.isCurrent)
            // A heading over a single entry would only hide its name.
            if let heading, shown.count > 1 {
                whole.icon = heading.icon
                whole.label = word(heading.key)
            }
            return whole
        }
    }

    private func leads(_ href: String, to path: String) -> Bool {
        path == href || (href != "/" && path.hasPrefix(href + "/"))
    }
}
