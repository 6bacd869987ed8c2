namespace Evidently.Schema.Testing;

/// <summary>What <see cref="PostgRestServer.StartAsync"/> serves. Everything has a default.</summary>
public sealed class PostgRestServerOptions
{
    /// <summary>The schemas whose tables and functions are served, as <c>db-schemas</c>.</summary>
    /// <value>Default: <c>public</c>, which a request gets that names none, and <c>evidently_schema</c>.</value>
    public IReadOnlyList<string> Schemas { get; init; } = ["public", "evidently_schema"];

    /// <summary>The role of a request without a token, as <c>db-anon-role</c>.</summary>
    /// <value>Default: <c>anon</c>.</value>
    public string AnonymousRole { get; init; } = "anon";

    /// <summary>More of PostgREST's settings by their names, as <c>db-max-rows</c>; what is here is stronger than what we set.</summary>
    /// <value>Default: none.</value>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
