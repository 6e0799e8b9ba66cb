#!/usr/bin/env bash
# Makes the goldens of every version (see README.md).
#
#   make.sh VENVS [LIBRARY…]
#
# VENVS is a directory in which it makes, or finds, a virtual environment a row
# of the table below. Needs uv, and the Pythons of the table.
set -euo pipefail
venvs=$(mkdir -p "$1" && cd "$1" && pwd)
shift
libraries=${*:-scikit-learn xgboost lightgbm skops catboost onnxruntime}
cd "$(dirname "$0")"

made=" "
while read -r name python sklearn xgboost lightgbm numpy pandas scipy skops catboost; do
  case $name in '' | \#*) continue ;; esac
  venv=$venvs/$name
  if [ ! -x "$venv/bin/python" ]; then
    uv venv -q --python "$python" "$venv"
    uv pip install -q --python "$venv/bin/python" "scikit-learn==$sklearn" "numpy==$numpy" "pandas==$pandas" \
      "scipy==$scipy" joblib==1.6.0 lz4 'setuptools<80'
    # Without dependencies: xgboost would bring the libraries for GPUs.
    [ "$xgboost" = - ] || uv pip install -q --no-deps --python "$venv/bin/python" "xgboost==$xgboost"
    [ "$lightgbm" = - ] || uv pip install -q --no-deps --python "$venv/bin/python" "lightgbm==$lightgbm"
    # Nor what draws pictures.
    [ "$catboost" = - ] || uv pip install -q --no-deps --python "$venv/bin/python" "catboost==$catboost" graphviz six
    [ "$skops" = - ] || uv pip install -q --python "$venv/bin/python" "skops==$skops" "scikit-learn==$sklearn" "numpy==$numpy"
    case $name in # converters to ONNX, and the runtime
      ort132) uv pip install -q --python "$venv/bin/python" onnxruntime==1.32.0 onnx==1.23.2 skl2onnx==1.20.0 onnxmltools==1.16.0 "scikit-learn==$sklearn" "numpy==$numpy" ;;
      ort116) uv pip install -q --python "$venv/bin/python" onnxruntime==1.16.3 onnx==1.15.0 skl2onnx==1.16.0 onnxmltools==1.12.0 "scikit-learn==$sklearn" "numpy==$numpy" ;;
    esac
    case $name in # packages that wrap scikit-learn, and some that are refused
      newest) uv pip install -q --python "$venv/bin/python" imbalanced-learn==0.14.2 sklearn2pmml==0.133.1 category_encoders ;;
      sk15) uv pip install -q --python "$venv/bin/python" imbalanced-learn==0.12.4 "scikit-learn==$sklearn" ;;
      sk113) uv pip install -q --python "$venv/bin/python" sklearn-pandas==2.2.0 six "scikit-learn==$sklearn" "numpy==$numpy" "pandas==$pandas" ;;
    esac
  fi
  for library in $libraries; do
    case $library in
      scikit-learn) version=$sklearn ;;
      xgboost) version=$xgboost ;;
      lightgbm) version=$lightgbm ;;
      skops) version=$skops ;;
      catboost) version=$catboost ;;
      onnxruntime) case $name in ort132) version=1.32.0 ;; ort116) version=1.16.3 ;; *) version=- ;; esac ;;
      *) echo "make.sh: unknown library $library" >&2 && exit 2 ;;
    esac
    [ "$version" = - ] && continue
    case $made in *" $library-$version "*) continue ;; esac
    made="$made$library-$version "
    PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" make.py "$library"
  done
done <<'TABLE'
# name  python scikit-learn xgboost lightgbm numpy  pandas scipy  skops  catboost
  newest 3.13   1.9.1        3.4.1   4.7.0    2.5.5  3.1.1  1.18.1 -      -
  xgb33  3.13   1.9.1        3.3.0   -        2.5.5  3.1.1  1.18.1 -      -
  sk19   3.11   1.9.1        3.2.0   4.7.0    2.4.6  3.1.1  1.17.1 0.16.0 -
  sk18   3.11   1.8.0        3.1.3   4.6.0    2.4.6  2.3.3  1.17.1 -      -
  sk17   3.11   1.7.2        3.1.3   4.6.0    2.4.6  2.3.3  1.17.1 0.13.0 1.2.10
  sk16   3.11   1.6.1        3.0.5   4.6.0    2.2.6  2.3.3  1.17.1 -      -
  sk15   3.11   1.5.2        2.1.4   -        2.0.2  2.2.3  1.17.1 0.10.0 -
  sk14   3.11   1.4.2        2.0.3   -        1.26.4 2.1.4  1.12.0 -      -
  sk13   3.11   1.3.2        1.7.6   4.0.0    1.25.2 2.0.3  1.11.4 -      1.2
  sk12   3.10   1.2.2        1.6.2   3.3.5    1.24.4 1.5.3  1.10.1 0.6.0  -
  sk113  3.10   1.1.3        1.5.2   3.3.5    1.23.5 1.5.3  1.9.3  0.2    -
  old    3.11   1.1.3        1.4.2   3.1.1    1.23.5 1.5.3  1.9.3  -      -
  xgb13  3.11   1.1.3        1.3.3   2.2.3    1.23.5 1.5.3  1.9.3  -      -
  xgb12  3.11   1.1.3        1.2.1   -        1.23.5 1.5.3  1.9.3  -      -
  xgb10  3.11   1.1.3        1.0.2   -        1.23.5 1.5.3  1.9.3  -      -
  ort132 3.11   1.9.1        3.2.0   4.7.0    2.4.6  3.1.1  1.17.1 -      1.2.10
  ort116 3.11   1.3.2        1.7.6   4.0.0    1.25.2 2.0.3  1.11.4 -      1.2
  xgb0   3.11   1.1.3        0.90    -        1.23.5 1.5.3  1.9.3  -      -
TABLE
