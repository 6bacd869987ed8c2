using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace WebApp;

/// <summary>What the checks found, with their figures.</summary>
internal static class Health
{
    public static Task WriteAsync(HttpContext context, HealthReport report) => context.Response.WriteAsJsonAsync(
        report.Entries.ToDictionary(
            entry => entry.Key,
            entry => new { status = entry.Value.Status.ToString(), entry.Value.Description, entry.Value.Data },
            StringComparer.Ordinal));
}
