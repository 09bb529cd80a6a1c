// The page itself, which is part of the program.

package dashboard

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed all:page
var files embed.FS

// asset is one file of the page.
type asset struct {
	kind, tag string
	body      []byte
}

// kinds are the types of files: those of the system may say something else.
func kinds(ext string) string {
	switch ext {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".json":
		return "application/json"
	case ".txt", ".md", "":
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}

// placeholder is shown in a build without a page.
const placeholder = "<!doctype html><html lang=en><meta charset=utf-8><title>Kith</title><p>This build has no page. See <a href=/trace.jsonl>the events</a>.\n"

// assets are the files by their path.
func assets() map[string]asset {
	all := map[string]asset{"/": newAsset("index.html", []byte(placeholder))}
	root, err := fs.Sub(files, "page")
	if err != nil {
		return all // cannot be: the name is valid
	}
	_ = fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		body, err := fs.ReadFile(root, name)
		all["/"+name] = newAsset(name, body)
		return err
	}) // files in memory can be read
	if index, there := all["/index.html"]; there {
		all["/"] = index
	}
	return all
}

func newAsset(name string, body []byte) asset {
	sum := sha256.Sum256(body)
	return asset{kinds(path.Ext(name)), `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`, body}
}

// asset serves one file.
func (h *handler) asset(w http.ResponseWriter, r *http.Request) {
	a, there := h.page[r.URL.Path]
	if !there {
		refuse(w, http.StatusNotFound, "no such page")
		return
	}
	header := w.Header()
	header.Set("Content-Type", a.kind)
	header.Set("Cache-Control", "no-cache")
	header.Set("ETag", a.tag)
	if r.Header.Get("If-None-Match") == a.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if r.Method != http.MethodHead {
		_, _ = w.Write(a.body) // who asked has gone
	}
}
