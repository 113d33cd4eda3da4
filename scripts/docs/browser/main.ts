import { offerCopies } from './copy.ts';
import { followOldAddress } from './old_address.ts';
import { offerSearch } from './search_box.ts';
import { makeTabs } from './tabs.ts';
import { offerTheme } from './theme_choice.ts';
import { enableTrying } from './try.ts';

followOldAddress();
offerTheme();
offerSearch();
offerCopies();
enableTrying();
makeTabs();
