package apiclient

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxLine bounds one line of a stream.
const maxLine = 4 << 20

// lines calls fn for every line of a stream of NDJSON until it ends.
func lines[T any](ctx context.Context, c *Client, path string, fn func(T) error) error {
	res, err := c.send(ctx, http.MethodGet, path, "", nil, -1) //nolint:bodyclose // each closes it
	if err != nil {
		return err
	}
	return each(ctx, c, res, fn)
}

// each calls fn for every line of an answer, and closes it.
func each[T any](ctx context.Context, c *Client, res *http.Response, fn func(T) error) error {
	defer func() { _ = res.Body.Close() }()
	scan := bufio.NewScanner(res.Body)
	scan.Buffer(nil, maxLine)
	for scan.Scan() {
		if len(scan.Bytes()) == 0 {
			continue
		}
		if err := line(scan.Bytes(), fn); err != nil {
			return err
		}
	}
	if err := scan.Err(); err != nil {
		return c.unreachable(ctx, err)
	}
	return nil
}

// line decodes one value, or the error with which the server ends a stream.
func line[T any](b []byte, fn func(T) error) error {
	var failed struct {
		Error *ProblemDetails `json:"error"`
	}
	if json.Unmarshal(b, &failed) == nil && failed.Error != nil && failed.Error.Detail != "" {
		return asError(*failed.Error, 0, "")
	}
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		return kernel.Errorf(kernel.Unavailable, "a line of the server's answer cannot be read: %w", err)
	}
	return fn(v)
}

// all reads every page of a list; path may have a query.
func all[T any](ctx context.Context, c *Client, path string) ([]T, error) {
	items, next := []T{}, path
	for cursor := ""; ; {
		var page kernel.Page[T]
		if err := c.call(ctx, http.MethodGet, next, nil, &page); err != nil {
			return nil, err
		}
		items = append(items, page.Items...)
		if page.Next == "" || page.Next == cursor {
			return items, nil
		}
		cursor = page.Next
		next = after(path, cursor)
	}
}

// after is the address of the page that follows.
func after(path, cursor string) string {
	mark := "?"
	if strings.Contains(path, "?") {
		mark = "&"
	}
	return path + mark + "cursor=" + url.QueryEscape(cursor)
}
