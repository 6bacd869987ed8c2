namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>The reasons of <c>evidently_schema.rejected_rows</c>.</summary>
internal static class RejectReason
{
    public const string NoResultId = "no_result_id";
    public const string NoBrandRow = "no_brand_row";
    public const string Superseded = "superseded";
    public const string Invalid = "invalid";
    public const string MissingParent = "missing_parent";
    public const string UnknownCompetitor = "unknown_competitor";
    public const string OutOfRange = "out_of_range";
    public const string UnknownLabel = "unknown_label";
}
