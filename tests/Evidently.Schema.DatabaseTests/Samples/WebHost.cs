using System.Text.RegularExpressions;
using Evidently.Schema.DatabaseTests.Packages;

namespace Evidently.Schema.DatabaseTests.Samples;

/// <summary>A web application as a process, and an HTTP client for it.</summary>
internal sealed partial class WebHost : IAsyncDisposable
{
    private readonly ChildProcess _process;
    private readonly Task _rest;

    private WebHost(ChildProcess process, Uri address)
    {
        _process = process;
        Client = new HttpClient { BaseAddress = address };
        _rest = process.Output.ReadToEndAsync();
    }

    public HttpClient Client { get; }

    public static async Task<WebHost> StartAsync(string connectionString, string[] command, string folder, params (string Name, string? Value)[] environment)
    {
        var process = ChildProcess.Start(
            "dotnet", command, [("ASPNETCORE_URLS", "http://127.0.0.1:0"), ("DOTNET_ENVIRONMENT", "Production"), ("ConnectionStrings__Evidently", connectionString), .. environment], folder);
        var said = string.Empty;
        while (await process.Output.ReadLineAsync() is { } line)
        {
            said += line + Environment.NewLine;
            if (Listening().Match(line) is { Success: true } match)
            {
                return new WebHost(process, new Uri(match.Groups["address"].Value));
            }
        }

        var outcome = await process.EndAsync();
        await process.DisposeAsync();
        throw new InvalidOperationException(said + outcome.All);
    }

    /// <summary>Asks until the answer holds.</summary>
    public Task AnswersAsync(string path, Func<string, bool> expected, string what) => Eventually.Holds(
        async () => expected(await Client.GetStringAsync(path)), what, TimeSpan.FromMinutes(2));

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _process.DisposeAsync();
        await _rest;
    }

    [GeneratedRegex(@"Now listening on: (?<address>http://\S+)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Listening();
}
