using Evidently.Schema.Tool;

return await CommandLine.RunAsync(args).ConfigureAwait(false);
