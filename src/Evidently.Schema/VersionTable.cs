using FluentMigrator.Runner.VersionTableInfo;

namespace Evidently.Schema;

/// <summary>
/// FluentMigrator's version table, <c>evidently_schema.version_info</c>, the same in every host.
/// <c>CreateWithPrimaryKey</c> fails on PostgreSQL and <c>OwnsSchema</c> would drop the schema on a rollback to zero: both are off.
/// </summary>
[VersionTableMetaData]
public sealed class VersionTable : IVersionTableMetaData
{
    /// <inheritdoc />
    public bool OwnsSchema => false;

    /// <inheritdoc />
    public bool CreateWithPrimaryKey => false;

    /// <inheritdoc />
    public string SchemaName => "evidently_schema";

    /// <inheritdoc />
    public string TableName => "version_info";

    /// <inheritdoc />
    public string ColumnName => "version";

    /// <inheritdoc />
    public string DescriptionColumnName => "description";

    /// <inheritdoc />
    public string AppliedOnColumnName => "applied_on";

    /// <inheritdoc />
    public string UniqueIndexName => "uq_version_info_version";
}
