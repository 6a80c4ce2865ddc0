package apiclient

import (
	"context"
	"io"
	"net/http"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Audit returns the newest entries of the audit log that are asked for, at most limit. A
// page of a search can be empty and have a next one.
func (c *Client) Audit(ctx context.Context, q ListAuditEntriesParams, limit int64) ([]AuditEntry, error) {
	found := []AuditEntry{}
	for {
		q.Limit = min(limit-int64(len(found)), kernel.MaxPageSize)
		var page PageAuditEntry
		if err := c.call(ctx, http.MethodGet, query(escape("audit"), q), nil, &page); err != nil {
			return nil, err
		}
		found = append(found, page.Items...)
		if page.Next == "" || page.Next == q.Cursor || int64(len(found)) >= limit {
			return found, nil
		}
		q.Cursor = page.Next
	}
}

// VerifyAudit has the server check the chain of the audit log.
func (c *Client) VerifyAudit(ctx context.Context, q VerifyAuditParams) (AuditReport, error) {
	var r AuditReport
	return r, c.call(ctx, http.MethodPost, query(escape("audit", "verify"), q), nil, &r)
}

// ExportAudit returns an export as it comes, which the caller closes.
func (c *Client) ExportAudit(ctx context.Context, q ExportAuditParams) (io.ReadCloser, error) {
	res, err := c.send(ctx, http.MethodGet, query(escape("audit", "export"), q), "", nil, -1)
	if err != nil {
		return nil, err
	}
	return res.Body, nil
}

// AuditHeads returns the newest signed heads of the audit log, at most limit.
func (c *Client) AuditHeads(ctx context.Context, limit int64) ([]AuditHead, error) {
	found := []AuditHead{}
	for q := (ListAuditHeadsParams{}); ; {
		q.Limit = min(limit-int64(len(found)), kernel.MaxPageSize)
		var page PageAuditHead
		if err := c.call(ctx, http.MethodGet, query(escape("audit", "heads"), q), nil, &page); err != nil {
			return nil, err
		}
		found = append(found, page.Items...)
		if page.Next == "" || int64(len(found)) >= limit {
			return found, nil
		}
		q.Cursor = page.Next
	}
}

// SignAuditHead has a head of the audit log signed now.
func (c *Client) SignAuditHead(ctx context.Context) (AuditHead, error) {
	var h AuditHead
	return h, c.call(ctx, http.MethodPost, escape("audit", "heads"), nil, &h)
}

// AuditKeys returns the public keys of signed heads, the oldest first.
func (c *Client) AuditKeys(ctx context.Context) ([]AuditKey, error) {
	return all[AuditKey](ctx, c, escape("audit", "keys"))
}

// RotateAuditKey has another key sign heads.
func (c *Client) RotateAuditKey(ctx context.Context) (AuditKey, error) {
	var k AuditKey
	return k, c.call(ctx, http.MethodPost, escape("audit", "keys", "rotation"), nil, &k)
}
