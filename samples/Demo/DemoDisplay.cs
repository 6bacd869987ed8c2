using Evidently.Schema.Hosting;
using Evidently.Schema.Testing;
using Npgsql;
using Spectre.Console;

namespace Demo;

/// <summary>Progress: a bar on a terminal, else a line every few seconds.</summary>
internal sealed class DemoDisplay
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(500);

    private readonly bool _terminal =
        AnsiConsole.Profile.Out.IsTerminal && AnsiConsole.Profile.Capabilities is { Ansi: true, Interactive: true };

    private long _lastLine;
    private bool _ended;

    public void Begin(string step)
    {
        _lastLine = TimeProvider.System.GetTimestamp();
        _ended = false;
        Console.WriteLine($"{char.ToUpperInvariant(step[0])}{step[1..]} …");
    }

    /// <summary>Fills the database; it fills in one go, so progress is its size against the size expected.</summary>
    public Task BuildAsync(LegacyDatabase database, LegacyFill fill, CancellationToken ct) => ShowAsync(async show =>
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false });
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var size = new NpgsqlCommand(DemoReport.Sql("DatabaseSize.sql"), connection);
        var expected = fill.Results * (long)(8_000 + (7 * fill.AnswerLength));
        var started = TimeProvider.System.GetTimestamp();
        var filling = database.FillAsync(fill, ct);
        while (await Task.WhenAny(filling, Task.Delay(AskEvery, TimeProvider.System, ct)) != filling && !ct.IsCancellationRequested)
        {
            var bytes = (long)(await size.ExecuteScalarAsync(ct))!;
            var seconds = TimeProvider.System.GetElapsedTime(started).TotalSeconds;
            show(Math.Min(0.99, (double)bytes / expected), $"{DemoReport.Megabytes(bytes)}, {bytes / seconds / (1 << 20):N0} MB/s");
        }

        await filling;
    });

    /// <summary>Runs a migration that reports its backfill.</summary>
    public Task BackfillAsync(Func<IProgress<BackfillProgress>, Task> migrate) => ShowAsync(show => migrate(new Reporting(progress =>
    {
        if (progress.Total > 0)
        {
            var eta = progress.Eta is { } left && progress.Done < progress.Total ? $", {left:m\\:ss} left" : "";
            var what = progress.Done < progress.Total ? "" : ", finishing";
            show(
                (double)progress.Done / progress.Total,
                $"{progress.Done:N0} of {progress.Total:N0} results, {progress.RowsPerSecond ?? 0:N0} rows/s, {progress.Rejected:N0} rows rejected{eta}{what}");
        }
    })));

    private Task ShowAsync(Func<Action<double, string>, Task> work) => _terminal ? ShowBarAsync(work) : work(Line);

    private static Task ShowBarAsync(Func<Action<double, string>, Task> work) =>
        AnsiConsole.Progress()
            .AutoClear(true)
            .Columns(new SpinnerColumn(), new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .StartAsync(async context =>
            {
                var bar = context.AddTask("", maxValue: 1);
                await work((share, text) =>
                {
                    bar.Value = share;
                    bar.Description = text.EscapeMarkup();
                });
            });

    private void Line(double share, string text)
    {
        // The last line of all comes once, whatever is reported while the migration finishes.
        var last = share >= 1;
        if (last ? !_ended : TimeProvider.System.GetElapsedTime(_lastLine) >= LineEvery)
        {
            _ended = last;
            _lastLine = TimeProvider.System.GetTimestamp();
            Console.WriteLine($"  {share:P0} {text}");
        }
    }

    /// <summary>Reports in the reporter's own thread: <see cref="Progress{T}"/> would let the last one come after the end.</summary>
    private sealed class Reporting(Action<BackfillProgress> report) : IProgress<BackfillProgress>
    {
        public void Report(BackfillProgress value) => report(value);
    }
}
