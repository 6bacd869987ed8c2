using System.Globalization;
using Evidently.Schema.Hosting.Diagnostics;
using FluentMigrator.Runner;
using FluentMigrator.Runner.Logging;
using Microsoft.Extensions.Logging;

namespace Evidently.Schema.Hosting.Data;

/// <summary>
/// Sends what FluentMigrator says, SQL included, to the host's log at Debug, whatever level FluentMigrator chose, and remembers which
/// migration it is at, and says when the next one begins.
/// </summary>
internal sealed class RunnerLogger(ILogger logger, Action<long> onMigration) : ILoggerProvider, ILogger
{
    /// <summary>The version of the migration that FluentMigrator began last; 0 before the first.</summary>
    public long Version { get; private set; }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    // Headings must arrive even when the host does not listen.
    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Id == RunnerEventIds.Heading.Id)
        {
            // "101: Description migrating"; maintenance has a name without a version.
            var heading = formatter(state, exception).AsSpan();
            var end = heading.IndexOf(':');
            if (end > 0 && long.TryParse(heading[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var version))
            {
                Version = version;
                onMigration(version);
            }
        }

        if (logger.IsEnabled(LogLevel.Debug))
        {
            Diagnostics.Log.Runner(logger, formatter(state, exception));
        }
    }

    public void Dispose()
    {
    }
}
