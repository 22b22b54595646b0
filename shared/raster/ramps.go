package raster

// ramp is a built-in ramp: colours that are equally far apart, or each after its place in percent and a colon.
type ramp struct{ name, colours string }

// ramps are those that EOxServer knows, by its names and in its order; the first is the default. viridis, inferno, magma
// and plasma are Matplotlib's (CC0), many others Plotly's.
var ramps = []ramp{
	{"blackwhite", `000000 ffffff`},
	{"coolwarm", `ff0000 ffffff 0000ff`},
	{"rainbow", `96005a 0000c8 0019ff 0098ff 2cff96 97ff00 ffea00 ff6f00 ff0000`},
	{"jet", `000090 000fff 0090ff 0fffee 90ff70 ffee00 ff7000 ee0000 7f0000`},
	{"diverging_1", `0:400040 22.2222:0000ff 39.6825:19ffff 49.2063:ffffff 58.7302:ffff00 82.5397:ff0000 100:ff00ff`},
	{"diverging_2", `0:000000 0.0001:030aff 10:204aff 20:3c8aff 33.33:77c4ff 46.66:f0ffff 53.33:f0ffff 66.66:f2ff7f 80:ffff00 90:ff831e 99.9999:ff083d 100:ff00ff`},
	{"viridis", `440154 46085c 471063 481769 481d6f 482475 472a7a 46307e 453781 433d84 414287 3f4889 3d4e8a
		3a538b 38598c 355e8d 33638d 31688e 2e6d8e 2c718e 2a768e 297b8e 27808e 25848e 23898e 218e8d
		20928c 1f978b 1e9c89 1fa188 21a585 24aa83 28ae80 2eb37c 35b779 3dbc74 46c06f 50c46a 5ac864
		65cb5e 70cf57 7cd250 89d548 95d840 a2da37 b0dd2f bddf26 cae11f d8e219 e5e419 f1e51d fde725`},
	{"brylgn", `824300 ffc86e ffffb3 74ea76 006d00`},
	{"inferno", `000004 02020c 050417 0a0722 10092d 160b39 1e0c45 260c51 2f0a5b 380962 400a67 490b6a 510e6c
		59106e 61136e 69166e 71196e 781c6d 801f6c 88226a 902568 982766 a02a63 a82e5f b0315b b73557
		bf3952 c63d4d cc4248 d34743 d94d3d df5337 e45a31 e9612b ed6925 f1711f f47918 f78212 f98b0b
		fa9407 fb9d07 fca60c fcb014 fbba1f fac42a f8cd37 f6d746 f4e156 f2ea69 f2f27d f5f992 fcffa4`},
	{"hsv", `0:ff0000 16.9:fdff02 17.3:f7ff02 33.7:00fc04 34.1:00fc0a 50.6:01f9ff 67.1:0200fd 67.5:0800fd 83.9:ff00fb 84.3:ff00f5 100:ff0006`},
	{"hot", `0:000000 30:e60000 60:ffd200 100:ffffff`},
	{"cool", `00ffff ff00ff`},
	{"spring", `ff00ff ffff00`},
	{"summer", `008066 ffff66`},
	{"autumn", `ff0000 ffff00`},
	{"winter", `0000ff 00ff80`},
	{"bone", `0:000000 37.6:545474 75.3:a9c8c8 100:ffffff`},
	{"copper", `0:000000 80.4:ffa066 100:ffc77f`},
	{"greys", `000000 ffffff`},
	{"yignbu", `081d58 253494 225ea8 1d91c0 41b6c4 7fcdbb c7e9b4 edf8d9 ffffd9`},
	{"greens", `00441b 006d2c 238b45 41ab5d 74c476 a1d99b c7e9c0 e5f5e0 f7fcf5`},
	{"yiorrd", `800026 bd0026 e31a1c fc4e2a fd8d3c feb24c fed976 ffeda0 ffffcc`},
	{"bluered", `0000ff ff0000`},
	{"rdbu", `0:050aac 35:6a89f7 50:bebebe 60:dcaa84 70:e6915a 100:b20a1c`},
	{"picnic", `0000ff 3399ff 66ccff 99ccff ccccff ffffff ffccff ff99ff ff66cc ff6666 ff0000`},
	{"portland", `0c3383 0a88ba f2d338 f28f38 d91e1e`},
	{"blackbody", `0:000000 20:e60000 40:e6d200 70:ffffff 100:a0c8ff`},
	{"earth", `0:000082 10:00b4b4 20:28d228 40:e6e632 60:784614 100:ffffff`},
	{"electric", `0:000000 15:1e0064 40:780064 60:a05a00 80:e6c800 100:fffadc`},
	{"magma", `000004 02020b 050416 090720 0e0b2b 140e36 1a1042 21114e 29115a 311165 390f6e 420f75 4a1079
		52137c 5a167e 621980 6a1c81 721f81 792282 812581 892881 912b81 992d80 a1307e aa337d b2357b
		ba3878 c23b75 ca3e72 d2426f d9466b e04c67 e75263 ec5860 f1605d f4695c f7725c f97b5d fb8560
		fc8e64 fd9869 fea16e feaa74 feb47b febd82 fec68a fecf92 fed89a fde2a3 fdebac fcf4b6 fcfdbf`},
	{"plasma", `0d0887 1b068d 260591 2f0596 38049a 41049d 4903a0 5102a3 5901a5 6100a7 6900a8 7100a8 7801a8
		8004a8 8707a6 8e0ca4 9511a1 9c179e a21d9a a82296 ae2892 b42e8d ba3388 bf3984 c43e7f c9447a
		cd4a76 d24f71 d6556d da5b69 de6164 e26660 e66c5c e97257 ed7953 f07f4f f3854b f58c46 f79342
		f99a3e fba139 fca835 fdaf31 feb72d febe2a fdc627 fcce25 fbd724 f8df25 f6e826 f3f027 f0f921`},
}

// named are the colours of lines and areas, by the names of CSS.
var named = []struct{ name, colour string }{
	{"red", "ff0000"}, {"green", "008000"}, {"blue", "0000ff"}, {"white", "ffffff"}, {"black", "000000"}, {"yellow", "ffff00"},
	{"orange", "ffa500"}, {"magenta", "ff00ff"}, {"cyan", "00ffff"}, {"brown", "a52a2a"}, {"grey", "808080"}, {"gray", "808080"},
}
