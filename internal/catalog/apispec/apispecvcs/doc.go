// Package apispecvcs takes the OpenAPI documents of APIs from repositories: a push
// to the branch that is followed uploads them, and publishes to the first stage
// where the repository asks for that; a pull request gets a check.
//
// It owns which repository is followed, and the file by which one says which APIs
// it has. It keeps no documents and decides nothing of them (catalog/apispec does),
// nor does it host or fetch repositories (delivery/vcs does).
package apispecvcs
