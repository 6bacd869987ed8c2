using System.Globalization;
using Evidently.Schema.Hosting;
using Spectre.Console;

namespace Evidently.Schema.Tool;

/// <summary>Shows a migration: a bar on a terminal, else a line every few seconds on the error output, and nothing for a program.</summary>
internal static class Progress
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(5);

    public static Task<T> ShowAsync<T>(ToolRun run, Func<IProgress<BackfillProgress>?, Task<T>> work) =>
        run.Json ? work(null) : run.Interactive ? BarAsync(work) : work(new Lines());

    private static async Task<T> BarAsync<T>(Func<IProgress<BackfillProgress>?, Task<T>> work)
    {
        T? answer = default;
        await AnsiConsole.Progress()
            .AutoClear(true)
            .Columns(new SpinnerColumn(), new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .StartAsync(async context => answer = await work(new Bar(context.AddTask("working", maxValue: 1))).ConfigureAwait(false))
            .ConfigureAwait(false);
        return answer!;
    }

    public static string Text(BackfillProgress copy) =>
        $"{copy.Done:N0} of {copy.Total:N0} results, {copy.RowsPerSecond ?? 0:N0} rows/s, {copy.Rejected:N0} rows rejected"
        + (copy.Eta is { } left && copy.Done < copy.Total ? $", {Duration(left)} left" : string.Empty)
        + (copy.State is "running" ? string.Empty : $", {copy.State}")
        + (copy.Throttle is { } why ? $", {why}" : string.Empty);

    /// <summary>Hours, minutes and seconds; days before them where there are any.</summary>
    public static string Duration(TimeSpan time) => time.ToString(time.Days > 0 ? "d\\.hh\\:mm\\:ss" : "hh\\:mm\\:ss", CultureInfo.InvariantCulture);

    private sealed class Bar(ProgressTask task) : IProgress<BackfillProgress>
    {
        public void Report(BackfillProgress value)
        {
            task.Value = value.Total == 0 ? 0 : (double)value.Done / value.Total;
            task.Description = Text(value).EscapeMarkup();
        }
    }

    private sealed class Lines : IProgress<BackfillProgress>
    {
        private long _last = TimeProvider.System.GetTimestamp();

        public void Report(BackfillProgress value)
        {
            if (TimeProvider.System.GetElapsedTime(_last) >= LineEvery)
            {
                _last = TimeProvider.System.GetTimestamp();
                Console.Error.WriteLine(Text(value));
            }
        }
    }
}
