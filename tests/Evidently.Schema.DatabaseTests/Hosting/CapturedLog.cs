using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Evidently.Schema.DatabaseTests.Hosting;

/// <summary>What a host logged, at any level, in order.</summary>
internal sealed class CapturedLog : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<LoggedLine> _lines = new();

    public IReadOnlyList<LoggedLine> Lines => [.. _lines];

    public IReadOnlyList<LoggedLine> Of(int id) => [.. _lines.Where(line => line.Id == id)];

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue(new(eventId.Id, logLevel, formatter(state, exception), exception));

    public void Dispose()
    {
    }
}

/// <summary>One line of a log.</summary>
internal sealed record LoggedLine(int Id, LogLevel Level, string Text, Exception? Exception);
