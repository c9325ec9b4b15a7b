import Foundation

/// What every page shares: layout, scripts, styles, words, and the web layer's own tables.
public enum WebResources {
    /// The module's resources.
    public static var bundle: Bundle { .module }
}
