package sklearn

import (
	"slices"
	"strconv"
	"strings"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// named names what came out of a transformer as its get_feature_names_out does; nil where
// that does not tell, or nobody asks. Those that hold others name them on their way.
func (r *reader) named(o *object, in, out matrix) []string {
	if !r.naming || in.names == nil || !r.spend(len(out.cols)) {
		return nil
	}
	var names []string
	switch o.name {
	case "Pipeline", "PMMLPipeline", "ColumnTransformer", "FeatureUnion", "FrozenEstimator", "GridSearchCV", "RandomizedSearchCV",
		"HalvingGridSearchCV", "HalvingRandomSearchCV":
		names = out.names
	case "StandardScaler", "MinMaxScaler", "RobustScaler", "MaxAbsScaler", "Normalizer", "Binarizer", "PowerTransformer",
		"QuantileTransformer", "OrdinalEncoder", "TfidfTransformer":
		names = in.names
	case "FunctionTransformer":
		if v, _ := o.attr("feature_names_out"); v == "one-to-one" {
			names = in.names
		}
	case "SelectKBest", "SelectPercentile", "SelectFpr", "SelectFdr", "SelectFwe", "GenericUnivariateSelect", "SelectFromModel",
		"RFE", "RFECV", "SequentialFeatureSelector", "VarianceThreshold":
		names = kept(in, out)
	case "PCA", "IncrementalPCA", "TruncatedSVD", "FastICA", "GaussianRandomProjection", "Nystroem", "RBFSampler", "LinearDiscriminantAnalysis",
		"KMeans", "MiniBatchKMeans":
		for i := range out.cols {
			names = append(names, strings.ToLower(o.name)+itoa(i))
		}
	case "SimpleImputer":
		names = o.imputedNames(in.names)
	case "MissingIndicator":
		names = o.indicated(in.names, o.value("features_"))
	case "OneHotEncoder":
		names = o.categoryNames(in.names)
	case "KBinsDiscretizer":
		names = o.binNames(in.names, len(out.cols))
	case "PolynomialFeatures":
		names = r.productNames(in.names)
	case "TargetEncoder":
		names = o.targetNames(in.names)
	case "CountVectorizer", "TfidfVectorizer":
		names = o.terms()
	case "DictVectorizer":
		for _, v := range o.list("feature_names_") {
			s, _ := v.(string)
			names = append(names, s)
		}
	}
	if len(names) != len(out.cols) || o.err != nil {
		o.err = nil // a transformer is no worse without names
		return nil
	}
	return names
}

// kept are the names of columns that were chosen among others.
func kept(in, out matrix) []string {
	places := make(map[model.Column]string, len(in.cols))
	for i, c := range in.cols {
		if _, twice := places[c]; twice {
			return nil
		}
		places[c] = in.names[i]
	}
	var names []string
	for _, c := range out.cols {
		name, ok := places[c]
		if !ok {
			return nil
		}
		names = append(names, name)
	}
	return names
}

// together are the names of all parts, behind that of who made them unless it is told not to; nil
// where a part has none, or two are the same.
func (o *object) together(parts []matrix, by []string) []string {
	verbose, known, form := true, true, "{transformer_name}__{feature_name}"
	switch v, _ := o.attr("verbose_feature_names_out"); v := v.(type) {
	case nil:
	case bool:
		verbose = v
	case string:
		form = v
		known = !strings.ContainsAny(strings.NewReplacer("{transformer_name}", "", "{feature_name}", "").Replace(v), "{}")
	default: // a function
		known = false
	}
	if !o.r.naming || !known {
		return nil
	}
	names := []string{}
	for i, p := range parts {
		switch {
		case p.names == nil || !o.r.spend(len(p.names)):
			return nil
		case verbose:
			for _, name := range p.names {
				names = append(names, strings.NewReplacer("{transformer_name}", by[i], "{feature_name}", name).Replace(form))
			}
		default:
			names = append(names, p.names...)
		}
	}
	if sorted := slices.Sorted(slices.Values(names)); len(slices.Compact(sorted)) != len(names) {
		return nil
	}
	return names
}

// indicated are the names of the columns of an indicator.
func (o *object) indicated(in []string, features pickle.Value) []string {
	index, err := o.r.integersOf(features)
	if err != nil {
		return nil
	}
	var names []string
	for _, i := range index {
		if i < 0 || i >= len(in) {
			return nil
		}
		names = append(names, "missingindicator_"+in[i])
	}
	return names
}

// imputedNames leaves out columns that had nothing in training, and adds those of an indicator.
func (o *object) imputedNames(in []string) []string {
	statistics, ok := o.value("statistics_").(*pickle.Array)
	if !ok || len(statistics.Shape) != 1 || statistics.Shape[0] != len(in) {
		return nil
	}
	values, err := o.r.values(statistics)
	if err != nil {
		return nil
	}
	var names []string
	for i, v := range values {
		x, isNumber := v.(float64)
		if empty := isNumber && x != x; !empty || o.flag("keep_empty_features", false) {
			names = append(names, in[i])
		}
	}
	if indicator, ok := attribute[*pickle.Object](o.Object, "indicator_"); ok {
		features, _ := indicator.Attr("features_")
		names = append(names, o.indicated(in, features)...)
	}
	return names
}

// pythonText is a category as Python's str writes it; a number only where that is beyond doubt.
func pythonText(v pickle.Value) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "None", true
	case string:
		return v, true
	case bool:
		return map[bool]string{false: "False", true: "True"}[v], true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		if v != v {
			return "nan", true
		}
		if a := max(v, -v); a != 0 && (a < 1e-4 || a >= 1e16) {
			return "", false
		}
		s := strconv.FormatFloat(v, 'f', -1, 64)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return s, true
	}
	return "", false
}

// categoryNames are name_category, without those that are dropped or infrequent, which have one
// column together.
func (o *object) categoryNames(in []string) []string {
	if v, ok := o.attr("feature_name_combiner"); ok && v != "concat" {
		return nil
	}
	columns, vocabularies, drops := o.list("categories_"), o.vocabularies(len(in)), o.drops(len(in))
	if o.err != nil || len(columns) != len(in) {
		return nil
	}
	var names []string
	for i := range columns {
		a, ok := columns[i].(*pickle.Array)
		if !ok {
			return nil
		}
		values, err := o.r.values(a)
		if err != nil || len(values) != len(vocabularies[i].categories) {
			return nil
		}
		slots, width, err := vocabularies[i].slots(drops[i])
		if err != nil || !o.r.spend(width) {
			return nil
		}
		own, used := make([]string, width), make([]int, width)
		for j, s := range slots {
			if s < 0 {
				continue
			}
			text, ok := pythonText(values[j])
			if !ok {
				return nil
			}
			own[s] = in[i] + "_" + text
			used[s]++
		}
		if v := vocabularies[i]; v.groups != nil && v.unknown >= 0 {
			if s := slot(v.unknown, drops[i]); s >= 0 {
				own[s], used[s] = in[i]+"_infrequent_sklearn", 1
			}
		}
		for s := range own {
			if used[s] != 1 {
				return nil
			}
		}
		names = append(names, own...)
	}
	return names
}

// binNames are those of the bins, or of the columns where their numbers stand.
func (o *object) binNames(in []string, width int) []string {
	if o.text("encode") == "ordinal" {
		return in
	}
	bins, err := o.r.integersOf(o.value("n_bins_"))
	if err != nil || len(bins) != len(in) {
		return nil
	}
	var names []string
	for i, n := range bins {
		if n < 0 || len(names)+n > width {
			return nil
		}
		for bin := range n {
			names = append(names, in[i]+"_"+itoa(bin)+".0")
		}
	}
	return names
}

// productNames are those of the products that were made last: 1, a, a^2, a b.
func (r *reader) productNames(in []string) []string {
	p, ok := r.m.Steps[len(r.m.Steps)-1].(model.Products)
	if !ok || len(p.In) != len(in) {
		return nil
	}
	var names []string
	for _, factors := range p.Factors {
		powers := make(map[int32]int)
		for _, f := range factors {
			powers[f]++
		}
		var parts []string
		for _, f := range slices.Compact(slices.Sorted(slices.Values(factors))) {
			name := in[f]
			if powers[f] > 1 {
				name += "^" + itoa(powers[f])
			}
			parts = append(parts, name)
		}
		if len(parts) == 0 {
			parts = []string{"1"}
		}
		names = append(names, strings.Join(parts, " "))
	}
	return names
}

// targetNames are the columns' own, behind each of which stands the class where there are several.
func (o *object) targetNames(in []string) []string {
	if o.text("target_type_") != "multiclass" {
		return in
	}
	values, ok := items(o.value("classes_"))
	if !ok {
		return nil
	}
	var names []string
	for _, name := range in {
		for _, v := range values {
			text, ok := pythonText(v)
			if !ok {
				return nil
			}
			names = append(names, name+"_"+text)
		}
	}
	return names
}
