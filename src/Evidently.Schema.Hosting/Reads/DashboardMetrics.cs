namespace Evidently.Schema.Hosting;

/// <summary>The dashboard's figures over a range of <c>created_at</c>: the row of <c>get_dashboard_metrics</c>. A mean over nothing is <see langword="null"/>.</summary>
public sealed record DashboardMetrics
{
    /// <summary>0 to 100: the mean over prompts of each prompt's mean visibility, to 20 decimals.</summary>
    public required decimal? Visibility { get; init; }

    /// <summary>Percent, 0 to 100: the mean over results.</summary>
    public required decimal? ShareOfAnswers { get; init; }

    /// <summary>The mean over prompts of each prompt's mean score, 1 to 100 (old rows: −1 to 1), to 20 decimals.</summary>
    public required decimal? Sentiment { get; init; }

    /// <summary>Percent of the prompts with the brand in any answer, 0 to 100; <see langword="null"/> without prompts.</summary>
    public required decimal? BrandPresence { get; init; }

    /// <summary>How many results.</summary>
    public required long TotalResponses { get; init; }

    /// <summary>How many prompts they answer.</summary>
    public required long Prompts { get; init; }
}
