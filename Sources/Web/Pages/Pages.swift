import Foundation
import Kernel
import Mustache

/// The templates of all rooms, and what every page shows around its own content.
public struct Pages: Sendable {
    /// What the shell shows that no room knows by itself.
    public struct Shell: Sendable {
        /// The town's name.
        public var town: String
        /// The entries of all rooms, under the headings of the rail.
        public var navigation: Navigation
        /// Alarms that nobody has acknowledged, for those who may know of all of them.
        public var unacknowledged: @Sendable (Caller) -> Int?

        /// A shell.
        public init(
            town: String, navigation: Navigation, unacknowledged: @escaping @Sendable (Caller) -> Int?
        ) {
            self.town = town
            self.navigation = navigation
            self.unacknowledged = unacknowledged
        }
    }

    /// The words.
    public let catalogue: Catalogue
    private let library: MustacheLibrary
    private let shell: Shell
    private let scriptWords: [Language: String]
    private nonisolated(unsafe) let trees: [Language: [String: Any]]

    /// Reads `Resources/templates/*.mustache` of each bundle; names are unique over all rooms.
    public init(bundles: [Bundle], catalogue: Catalogue, shell: Shell) throws {
        var templates: [String: MustacheTemplate] = [:]
        for bundle in bundles {
            let folder = bundle.bundleURL.appendingPathComponent("Resources/templates")
            guard FileManager.default.fileExists(atPath: folder.path) else { continue }
            let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            for file in files where file.pathExtension == "mustache" {
                let name = file.deletingPathExtension().lastPathComponent
                do {
                    let template = try MustacheTemplate(string: try String(contentsOf: file, encoding: .utf8))
                    guard templates.updateValue(template, forKey: name) == nil else {
                        throw CatalogueError.twice(name)
                    }
                } catch let error as CatalogueError {
                    throw error
                } catch {
                    throw CatalogueError.template("\(name): \(error)")
                }
            }
        }
        self.catalogue = catalogue
        self.shell = shell
        library = MustacheLibrary(templates: templates)
        var trees: [Language: [String: Any]] = [:]
        var scriptWords: [Language: String] = [:]
        for language in Language.allCases {
            trees[language] = try catalogue.tree(language)
            scriptWords[language] = try catalogue.scriptWords(language)
        }
        // Built once and never changed; values are texts and dictionaries of texts.
        self.trees = trees
        self.scriptWords = scriptWords
    }

    /// What a page is rendered for.
    struct Reader {
        var caller: Caller?
        var language: Language
        var theme: String
        var path: String
        var flash: String?
        var eventsAfter: Int64
    }

    /// The page as HTML, or `nil` when there is no such template.
    func render(_ template: String, title: String, _ context: [String: Any], for reader: Reader) -> String? {
        let language = reader.language
        var all: [String: Any] = [
            "lang": language.rawValue, "theme": reader.theme, "title": title, "town": shell.town,
            "t": trees[language, default: [:]], "js_messages": scriptWords[language, default: "{}"],
            "csrf": reader.caller?.csrf ?? "", "eventsAfter": String(reader.eventsAfter),
        ]
        let headings = navigation(reader)
        all["nav"] = headings.map(\.context)
        if let current = headings.first(where: \.isCurrent), current.items.count > 1 {
            all["tabs"] = ["label": current.label, "items": current.items.map(\.context)]
        }
        if let caller = reader.caller {
            all["me"] = [
                "name": caller.name, "initial": String(caller.name.prefix(1)), "username": caller.username,
                "roleNames": caller.roles.map { catalogue.word("role.\($0.rawValue)", language) }.sorted()
                    .joined(separator: language == .zh ? "、" : ", "),
            ]
            if let number = shell.unacknowledged(caller), number > 0 { all["alarmCount"] = ["number": String(number)] }
        }
        if let key = reader.flash, let text = catalogue.word(ifKnown: "flash.\(key)", language) {
            all["flash"] = ["kind": "ok", "text": text]
        }
        all.merge(context) { _, own in own }
        return library.render(all, withTemplate: template)
    }

    private func navigation(_ reader: Reader) -> [Navigation.Shown] {
        guard let caller = reader.caller else { return [] }
        return shell.navigation.shown(to: caller, at: reader.path) { catalogue.word($0, reader.language) }
    }
}
