namespace Evidently.Schema.DatabaseTests.Packages;

/// <summary>Where the repository and the programs that belong to the tests are.</summary>
internal static class Repository
{
    public static readonly string Root = Find();

    /// <summary>Debug or Release, as the tests themselves were built.</summary>
    public static readonly string Configuration = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)).Parent!.Name;

    /// <summary>The built assembly of a program in tests/, to be started by <c>dotnet</c>.</summary>
    public static string Program(string project) =>
        Path.Combine(Root, "tests", project, "bin", Configuration, Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)), project + ".dll");

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Evidently.Schema.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("The tests run outside the repository.");
    }
}
