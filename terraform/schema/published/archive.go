// Package published reads a provider's schemas out of its published bindings
// for CDK for Terraform. Each resource is a module of JavaScript whose source
// map holds the TypeScript it was made from; there, a comment over each
// attribute tells whether it is computed, optional or required, and a table
// tells its type and whether it is a block.
package published

import (
	"archive/tar"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/treehouse-ml/treehouse/terraform/schema/document"
)

// Type names a resource or a data source.
type Type struct {
	Data bool
	Name string
}

const maxFile = 64 << 20 // bytes of one file of the package

var (
	resourceType = regexp.MustCompile(`\n(\w+)\.tfResourceType = "(\w+)";`)
	sourceMap    = regexp.MustCompile(`//# sourceMappingURL=data:application/json;base64,([A-Za-z0-9+/=]+)`)
)

// Read returns the schemas of the provider and of the wanted types. A type that
// the package does not have is left out: OpenTofu reports it where it is used.
func Read(r io.Reader, wanted map[Type]bool) (document.Provider, error) {
	provider := document.Provider{Resources: map[string]document.Schema{}, DataSources: map[string]document.Schema{}}
	unzipped, err := gzip.NewReader(r)
	if err != nil {
		return provider, err
	}
	configured := false
	files := tar.NewReader(unzipped)
	for {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return provider, err
		}
		folder, ok := strings.CutSuffix(header.Name, "/index.js")
		if !ok || !strings.HasPrefix(folder, "package/lib/") {
			continue
		}
		code, err := io.ReadAll(io.LimitReader(files, maxFile))
		if err != nil {
			return provider, err
		}
		match := resourceType.FindStringSubmatch(string(code))
		if match == nil {
			continue
		}
		class, name := match[1], match[2]
		kind := Type{Data: strings.HasPrefix(folder, "package/lib/data-"), Name: name}
		isProvider := folder == "package/lib/provider"
		if !isProvider && !wanted[kind] {
			continue
		}
		block, err := read(string(code), class)
		if err != nil {
			return provider, fmt.Errorf("%s: %w", header.Name, err)
		}
		switch {
		case isProvider:
			delete(block.Attributes, "alias") // OpenTofu's own
			provider.Config, configured = document.Schema{Block: block}, true
		case kind.Data:
			provider.DataSources[name] = document.Schema{Block: block}
		default:
			provider.Resources[name] = document.Schema{Block: block}
		}
	}
	if !configured {
		return provider, errors.New("there is no provider in this package")
	}
	return provider, nil
}

// read returns the schema that the class of a JavaScript module describes.
func read(code, class string) (document.Block, error) {
	match := sourceMap.FindStringSubmatch(code)
	if match == nil {
		return document.Block{}, errors.New("no source map")
	}
	decoded, err := base64.StdEncoding.DecodeString(match[1])
	if err != nil {
		return document.Block{}, fmt.Errorf("source map: %w", err)
	}
	var sources struct {
		SourcesContent []string `json:"sourcesContent"`
	}
	if err := json.Unmarshal(decoded, &sources); err != nil {
		return document.Block{}, fmt.Errorf("source map: %w", err)
	}
	if len(sources.SourcesContent) != 1 {
		return document.Block{}, fmt.Errorf("the source map has %d sources, not one", len(sources.SourcesContent))
	}
	return source(sources.SourcesContent[0]).class(class)
}
