package apiclient

import "context"

// Usage returns what the tenant, or a project, used in a month.
func (c *Client) Usage(ctx context.Context, of ListUsageParams) ([]UsageRow, error) {
	return all[UsageRow](ctx, c, query(escape("usage"), of))
}
