namespace Evidently.Schema.Testing.Traffic;

/// <summary>A statement of the application: what it is called in the record, and its text.</summary>
internal sealed record TrafficSql(string Name, string Text)
{
    /// <summary>The application's own tables: what their foreign keys refuse is the application's business.</summary>
    public static readonly HashSet<string?> OwnTables =
        new(StringComparer.Ordinal) { "extracted_positions", "extracted_positions_archived", "collector_results", "generated_queries", "brand_competitors", "brands" };

    public static readonly TrafficSql AddCustomer = FromFile("add customer", nameof(AddCustomer));

    public static readonly TrafficSql AddBrand = FromFile("add brand", nameof(AddBrand));

    public static readonly TrafficSql AddPrompt = FromFile("add prompt", nameof(AddPrompt));

    public static readonly TrafficSql AddCompetitor = FromFile("add competitor", nameof(AddCompetitor));

    /// <summary>The collector's, before anything is scored.</summary>
    public static readonly TrafficSql Collect = FromFile("collect", nameof(Collect));

    /// <summary>Always, even when there are none.</summary>
    public static readonly TrafficSql Delete = FromFile("delete", nameof(Delete));

    public static readonly TrafficSql SentimentOfBrand = FromFile("sentiment of brand", nameof(SentimentOfBrand));

    public static readonly TrafficSql SentimentOfCompetitor = FromFile("sentiment of competitor", nameof(SentimentOfCompetitor));

    /// <summary>Its rows take the place of all that the result has.</summary>
    public static readonly TrafficSql Save = FromFile("save_positions", nameof(Save));

    public static readonly TrafficSql DeleteResult = FromFile("delete result", nameof(DeleteResult));

    public static readonly TrafficSql DeletePrompt = FromFile("delete prompt", nameof(DeletePrompt));

    public static readonly TrafficSql DeleteBrand = FromFile("delete brand", nameof(DeleteBrand));

    public static readonly TrafficSql DeleteCompetitor = FromFile("delete competitor", nameof(DeleteCompetitor));

    public static readonly TrafficSql RenameCompetitor = FromFile("rename competitor", nameof(RenameCompetitor));

    public static readonly TrafficSql MoveBrand = FromFile("move brand", nameof(MoveBrand));

    public static readonly TrafficSql RenameTopic = FromFile("rename topic", nameof(RenameTopic));

    private static readonly TrafficSql[] Inserts = [.. Enumerable.Range(0, TrafficWorld.MostCompetitors + 1).Select(InsertOf)];

    /// <summary>One INSERT of a brand row and, after it, a row a competitor: $1 to $6 are the result, brand, customer, prompt, collector and token, then the
    /// names.</summary>
    public static TrafficSql Insert(int competitors) => Inserts[competitors];

    public static TrafficSql FromFile(string name, string file) => new(name, Resources.Read($"{file}.sql"));

    /// <summary>The file's last lines are the rows of most competitors: those of the competitors that are not there are left out.</summary>
    private static TrafficSql InsertOf(int competitors) => new(
        "insert", string.Join('\n', Resources.Read("Insert.sql").Split('\n', StringSplitOptions.RemoveEmptyEntries)[..^(TrafficWorld.MostCompetitors - competitors)]).TrimEnd(',', ';', '\r'));
}
