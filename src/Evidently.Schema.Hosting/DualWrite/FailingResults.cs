using Evidently.Schema.Hosting.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Evidently.Schema.Hosting.DualWrite;

/// <summary>Reports results that keep failing, once per result and error, and once more when one failed again after it had passed.</summary>
internal sealed class FailingResults(ILogger logger)
{
    private HashSet<(long Id, string Error)> _reported = [];

    public void Report(IReadOnlyList<FailingResult> failing)
    {
        foreach (var result in failing.Where(result => !_reported.Contains((result.Id, result.Error))))
        {
            Log.ResultKeepsFailing(logger, result.Id, result.Error, result.Attempts);
        }

        _reported = [.. failing.Select(result => (result.Id, result.Error))];
    }
}

/// <summary>A result tried in vain. The error is ours, a SQLSTATE: it holds no values.</summary>
internal sealed record FailingResult(long Id, int Attempts, string Error);
