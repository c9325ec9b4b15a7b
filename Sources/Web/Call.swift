import Foundation
import Kernel
import Storage

/// A request that was found and allowed, with its body read, and what is needed to answer it.
public struct Call: Sendable {
    /// Who calls, where somebody is logged in.
    public let caller: Caller?
    /// The town's store.
    public let database: any Database
    /// The reader's language.
    public let language: Language
    /// The request itself.
    public let incoming: Incoming
    /// The body, bounded by the route's limit.
    public let body: [UInt8]
    /// Whether somebody who answers for these areas may know of what happens in an area.
    public let covers: @Sendable (_ areas: [AreaID], _ area: AreaID) -> Bool
    let pages: Pages
    let theme: String
    /// The newest event before the handler read anything: what happens while a page is made is told to it afterwards,
    /// and not lost between its reading and its sending.
    let eventsAfter: Int64

    /// The caller of a route that somebody must be logged in for.
    public func signedIn() throws(Problem) -> Caller {
        guard let caller else { throw Problem.unauthorized }
        return caller
    }

    /// A piece of the path.
    public func param(_ name: String) throws(Problem) -> String {
        guard let value = incoming.parameters[name] else { throw Problem.notFound }
        return value
    }

    /// An identifier in the path; a malformed one is a thing that does not exist.
    public func id<Thing>(_ name: String = "id", as type: ID<Thing>.Type = ID<Thing>.self) throws(Problem) -> ID<Thing>
    {
        guard let id = ID<Thing>(try param(name)) else { throw Problem.notFound }
        return id
    }

    /// A value of the query; an empty one counts as none.
    public func query(_ name: String) -> String? { incoming.query[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// Some of the query's values as they stand behind `?`, for the link to a list's next page or its workbook, with one
    /// more behind them.
    public func kept(_ names: [String], and more: (name: String, value: String)? = nil) -> String {
        var pairs = names.compactMap { name in query(name).map { (name, $0) } }
        if let more { pairs.append(more) }
        return pairs.map { name, value in
            "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
        }.joined(separator: "&")
    }

    /// The words for a page's number on paper.
    public var pageWords: @Sendable (_ page: Int, _ of: Int) -> String {
        { page, all in word("common.pageOf", ["page": String(page), "all": String(all)]) }
    }

    /// A header field.
    public func header(_ name: String) -> String? { incoming.header(name) }

    /// How many items of a list are asked for: 1…500, else 50.
    public var limit: Int { min(500, max(1, query("limit").flatMap { Int($0) } ?? 50)) }

    /// The body as a form, of either type, or as a JSON object of texts, numbers, flags and lists; of one with files,
    /// what is not a file.
    public var form: Form {
        if let type = header("Content-Type"), type.lowercased().hasPrefix("application/json") {
            return Form(json: body)
        }
        if let type = header("Content-Type"), type.lowercased().hasPrefix("multipart/form-data") {
            return Multipart(body, type: type)?.form ?? Form([])
        }
        return Form(body)
    }

    /// The body as JSON.
    /// - Throws: a 422 that names the wrong field, or a 400 when it is no JSON.
    public func json<Value: Decodable>(_ type: Value.Type = Value.self) throws(Problem) -> Value {
        try JSON.decode(type, body)
    }

    /// The same call, answered in another language than the browser asks for.
    public func speaking(_ language: Language) -> Call {
        Call(
            caller: caller, database: database, language: language, incoming: incoming, body: body, covers: covers,
            pages: pages, theme: theme, eventsAfter: eventsAfter)
    }

    /// Words of the catalogue in the reader's language.
    public func word(_ key: String, _ values: [String: String] = [:]) -> String {
        pages.catalogue.word(key, language, values)
    }

    /// Words of the catalogue, or `nil` where there are none.
    public func word(ifKnown key: String) -> String? { pages.catalogue.word(ifKnown: key, language) }

    /// A page of HTML around `context`.
    public func page(_ template: String, title: String, _ context: [String: Any] = [:], status: Int = 200) throws
        -> Answer
    {
        let reader = Pages.Reader(
            caller: caller, language: language, theme: theme, path: incoming.path, flash: incoming.query["done"],
            eventsAfter: eventsAfter)
        guard let html = pages.render(template, title: title, context, for: reader) else {
            throw CatalogueError.template("there is no template \(template)")
        }
        return .html(html, status: status)
    }

    /// The wrong fields of a form as the page shows them: field → words.
    public func fieldWords(_ problem: Problem) -> [String: String] {
        problem.fields.mapValues { word("problem.field.\($0)") }
    }
}
