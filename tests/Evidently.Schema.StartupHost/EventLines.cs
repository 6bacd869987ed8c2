using Microsoft.Extensions.Logging;

namespace Evidently.Schema.StartupHost;

/// <summary>Says which of the library's events happen, at level Information and above.</summary>
internal sealed class EventLines : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Console.WriteLine($"event {eventId.Id} {formatter(state, exception)}");

    public void Dispose()
    {
    }
}
