// Package apispecpage shows the reference of an API to a browser: its document for
// people, where the version is in its life, what has changed and who calls it, and
// lets them try operations.
//
// It owns those pages and what is tried from them: a request that goes through
// Terrace's gateway to a host of the API's routes on the stage, and nowhere else.
// It decides nothing of APIs; catalog/apispec does.
package apispecpage
