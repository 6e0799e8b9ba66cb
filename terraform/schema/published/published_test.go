package published_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/terraform/schema/document"
	"github.com/treehouse-ml/treehouse/terraform/schema/published"
)

// A resource in the notation of the published packages: simple attributes,
// computed ones, a block with a bound, and an attribute made of attributes.
const pool = `
export interface PoolLane {
  readonly length: number;
  readonly names?: string[];
}
export function poolLaneToHclTerraform(struct?: PoolLane): any {
  const attrs = {
    length: {
      value: cdktf.numberToHclTerraform(struct!.length),
      isBlock: false,
      type: "simple",
      storageClassType: "number",
    },
    names: {
      value: cdktf.listMapperHcl(cdktf.stringToHclTerraform, false)(struct!.names),
      isBlock: false,
      type: "set",
      storageClassType: "stringList",
    },
  };
}
export class PoolStateOutputReference extends cdktf.ComplexObject {
  // open - computed: true, optional: false, required: false
  public get open() {
    return this.getBooleanAttribute('open');
  }
}
export class Pool extends cdktf.TerraformResource {
  // arn - computed: true, optional: false, required: false
  public get arn() {
    return this.getStringAttribute('arn');
  }

  // visitors - computed: true, optional: false, required: false
  public get visitors() {
    return cdktf.Fn.tolist(this.getListAttribute('visitors'));
  }

  // state - computed: true, optional: false, required: false
  private _state = new PoolStateList(this, "state", false);
  public get state() {
    return this._state;
  }

  // depth - computed: false, optional: false, required: true
  private _depth?: number; 
  public get depth() {
    return this.getNumberAttribute('depth');
  }

  // lane - computed: false, optional: false, required: true
  private _lane = new PoolLaneOutputReference(this, "lane");
  public get lane() {
    return this._lane;
  }

  // tags - computed: true, optional: true, required: false
  private _tags?: { [key: string]: string }; 
  public get tags() {
    return this.getStringMapAttribute('tags');
  }

  protected synthesizeHclAttributes(): { [name: string]: any } {
    const attrs = {
      depth: {
        value: cdktf.numberToHclTerraform(this._depth),
        isBlock: false,
        type: "simple",
        storageClassType: "number",
      },
      lane: {
        value: poolLaneToHclTerraform(this._lane.internalValue),
        isBlock: true,
        type: "list",
        storageClassType: "PoolLaneList",
      },
      tags: {
        value: cdktf.hashMapperHcl(cdktf.stringToHclTerraform)(this._tags),
        isBlock: false,
        type: "map",
        storageClassType: "stringMap",
      },
    };
  }
}
`

const provider = `
export class BathProvider extends cdktf.TerraformProvider {
  // alias - computed: false, optional: true, required: false
  private _alias?: string; 
  public get alias() {
    return this._alias;
  }

  protected synthesizeHclAttributes(): { [name: string]: any } {
    const attrs = {
      alias: {
        value: cdktf.stringToHclTerraform(this._alias),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
    };
  }
}
`

func TestRead(t *testing.T) {
	archive := pack(t, map[string]string{
		"package/lib/provider/index.js": module(t, "BathProvider", "bath", provider),
		"package/lib/pool/index.js":     module(t, "Pool", "bath_pool", pool),
		"package/lib/tub/index.js":      module(t, "Tub", "bath_tub", "not wanted, so never read"),
	})
	got, err := published.Read(archive, map[published.Type]bool{{Name: "bath_pool"}: true, {Name: "bath_sauna"}: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Resources) != 1 {
		t.Errorf("resources: got %d, want the wanted one that exists", len(got.Resources))
	}
	if _, ok := got.Config.Block.Attributes["alias"]; ok {
		t.Error("alias is OpenTofu's own and must not be a provider's attribute")
	}
	want := map[string]string{
		"arn":      `{"type":"string","computed":true}`,
		"visitors": `{"type":["set","string"],"computed":true}`,
		"state":    `{"type":["list",["object",{"open":"bool"}]],"computed":true}`,
		"depth":    `{"type":"number","required":true}`,
		"tags":     `{"type":["map","string"],"optional":true,"computed":true}`,
	}
	block := got.Resources["bath_pool"].Block
	if len(block.Attributes) != len(want) {
		t.Errorf("attributes: got %d, want %d", len(block.Attributes), len(want))
	}
	for name, attribute := range want {
		if encoded := encode(t, block.Attributes[name]); encoded != attribute {
			t.Errorf("%s: got %s, want %s", name, encoded, attribute)
		}
	}
	lane := `{"nesting_mode":"list","block":{"attributes":{"length":{"type":"number","required":true},"names":{"type":["set","string"],"optional":true}}},"min_items":1,"max_items":1}`
	if encoded := encode(t, block.Blocks["lane"]); encoded != lane {
		t.Errorf("lane: got %s, want %s", encoded, lane)
	}
}

// What cannot be read is an error that says what and where; a schema with a
// hole in it would let mistakes pass.
func TestReadRefuses(t *testing.T) {
	cases := map[string]struct{ source, want string }{
		"an unknown type":        {strings.Replace(pool, `storageClassType: "number"`, `storageClassType: "fraction"`, 1), `unknown type "fraction"`},
		"an unknown getter":      {strings.Replace(pool, "getStringAttribute('arn')", "getColourAttribute('arn')", 1), "unknown getter Colour"},
		"a structure elsewhere":  {strings.Replace(pool, "value: poolLaneToHcl", "value: otherToHcl", 1), "no structure Other"},
		"an attribute half told": {strings.Replace(pool, "      depth: {", "      extra: {", 1), "depth can be set and has no row"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			archive := pack(t, map[string]string{
				"package/lib/provider/index.js": module(t, "BathProvider", "bath", provider),
				"package/lib/pool/index.js":     module(t, "Pool", "bath_pool", c.source),
			})
			_, err := published.Read(archive, map[published.Type]bool{{Name: "bath_pool"}: true})
			if err == nil || !strings.Contains(err.Error(), "package/lib/pool/index.js") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error that names the file and %s", err, c.want)
			}
		})
	}
	if _, err := published.Read(pack(t, nil), nil); err == nil {
		t.Error("a package without a provider was read")
	}
	if _, err := published.Read(strings.NewReader("no archive"), nil); err == nil {
		t.Error("bytes that are no archive were read")
	}
}

func TestDocument(t *testing.T) {
	encoded := encode(t, document.New("example/bath", document.Provider{}))
	doc, err := document.Read(strings.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	if address, _, err := doc.Only(); err != nil || address != "registry.opentofu.org/example/bath" {
		t.Errorf("got %s, %v", address, err)
	}
	if _, _, err := (document.Document{}).Only(); err == nil {
		t.Error("a document without a provider was taken")
	}
}

func encode(t *testing.T, value any) string {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

// module is the JavaScript of a class, with its TypeScript in the source map.
func module(t *testing.T, class, terraform, source string) string {
	t.Helper()
	encoded := encode(t, map[string][]string{"sourcesContent": {source}})
	return "code\n" + class + `.tfResourceType = "` + terraform + `";` + "\n//# sourceMappingURL=data:application/json;base64," +
		base64.StdEncoding.EncodeToString([]byte(encoded))
}

func pack(t *testing.T, files map[string]string) *bytes.Buffer {
	t.Helper()
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	archive := tar.NewWriter(zipped)
	for name, content := range files {
		if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return &packed
}
