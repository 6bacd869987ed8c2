namespace Evidently.Schema.Testing;

/// <summary>What <see cref="LegacyDatabase.FillAsync"/> writes. The same values give the same rows on every server.</summary>
public sealed record LegacyFill
{
    /// <summary>The most competitors a brand can have here.</summary>
    public const int MostCompetitors = 59;

    /// <summary>Results; each has one brand row and a row per competitor, dirt apart.</summary>
    /// <value>Default: 1,000.</value>
    public int Results { get; init; } = 1000;

    /// <summary>Competitors of each brand, at most <see cref="MostCompetitors"/>.</summary>
    /// <value>Default: 5.</value>
    public int CompetitorsPerBrand { get; init; } = 5;

    /// <summary>Brands; results go round them.</summary>
    /// <value>Default: 10.</value>
    public int Brands { get; init; } = 10;

    /// <summary>Customers; brands go round them.</summary>
    /// <value>Default: 3.</value>
    public int Customers { get; init; } = 3;

    /// <summary>Queries (prompts) of each brand.</summary>
    /// <value>Default: 10.</value>
    public int QueriesPerBrand { get; init; } = 10;

    /// <summary>Characters of <c>raw_answer</c> in collector_results, repeated on each legacy row that has the column. The text does not
    /// compress, so it takes this space on disk.</summary>
    /// <value>Default: 200.</value>
    public int AnswerLength { get; init; } = 200;

    /// <summary>The seed of everything that looks random.</summary>
    /// <value>Default: 1.</value>
    public int Seed { get; init; } = 1;

    /// <summary>How much of what the migration must survive.</summary>
    /// <value>Default: <see cref="LegacyDirt.None"/>.</value>
    public LegacyDirt Dirt { get; init; } = LegacyDirt.None;

    /// <summary>The id of the first result; a second fill goes on after the first one's last.</summary>
    /// <value>Default: 1.</value>
    public long FirstResultId { get; init; } = 1;

    /// <summary>When the first result was collected.</summary>
    /// <value>Default: 2025-01-01 UTC.</value>
    public DateTimeOffset From { get; init; } = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Days over which the results are spread, in the order of their ids.</summary>
    /// <value>Default: 90.</value>
    public int Days { get; init; } = 90;

    internal bool IsPossible() =>
        Results >= 0 && CompetitorsPerBrand is >= 0 and <= MostCompetitors && Brands > 0 && Customers > 0 && QueriesPerBrand > 0
        && AnswerLength >= 0 && Days >= 0;
}
