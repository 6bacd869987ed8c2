using Npgsql;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>The whole question in one call: is the star at this snapshot the one its legacy rows describe?</summary>
internal static class StarOracle
{
    /// <summary>Reads legacy and star at one snapshot and asserts that they agree.</summary>
    public static async Task AssertEqualAsync(
        NpgsqlConnection connection, IEnumerable<long>? refusedByInsert = null, CancellationToken cancellationToken = default)
    {
        var (legacy, actual) = await OneSnapshot.RunAsync(connection, ReadBothAsync, cancellationToken);
        StarComparison.AssertEqual(ExpectedStar.From(legacy, refusedByInsert), actual);
    }

    private static async Task<(LegacySnapshot Legacy, ActualStar Actual)> ReadBothAsync(
        NpgsqlConnection connection, CancellationToken cancellationToken) =>
        (await LegacySnapshot.ReadInTransactionAsync(connection, cancellationToken),
            await ActualStar.ReadInTransactionAsync(connection, cancellationToken));
}
