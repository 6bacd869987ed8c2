namespace Evidently.Schema.Hosting;

/// <summary>What <c>evidently_schema.verify()</c> answered: one check per star table, one for the daily view, one for the conservation law.</summary>
/// <param name="Checks">The checks, in the order of the function.</param>
public sealed record VerificationReport(IReadOnlyList<VerificationCheck> Checks)
{
    /// <summary>Whether there are checks and every one is clean.</summary>
    public bool Ok => Checks.Count > 0 && Checks.All(check => check.Ok);
}

/// <summary>One check of a verification. Noted results count as pending, not as different.</summary>
/// <param name="Name">The check, a table of the star, say.</param>
/// <param name="Missing">Rows that should be there and are not.</param>
/// <param name="Extra">Rows that are there and should not be.</param>
/// <param name="Different">Rows whose values differ.</param>
/// <param name="Ok">Whether the check is clean.</param>
public sealed record VerificationCheck(string Name, long Missing, long Extra, long Different, bool Ok);
